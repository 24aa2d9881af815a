/* The universal scalability law and its fit to measurements. */
#include <glib.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

#include "stats/theory_networks.h"

double sim_theory_usl(const struct sim_theory_usl *usl, double n)
{
    return usl->scale * n / (1.0 + usl->alpha * (n - 1.0) + usl->beta * n * (n - 1.0));
}

double sim_theory_usl_peak(const struct sim_theory_usl *usl)
{
    return usl->beta > 0.0 ? sqrt((1.0 - usl->alpha) / usl->beta) : INFINITY;
}

/* Normal equations of three unknowns: rows are weights of (x0, x1, x2) and the right side. */
struct normal {
    double matrix[9], right[3];
};

static void normal_add(struct normal *normal, const double row[3], double right)
{
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            normal->matrix[3 * i + j] += row[i] * row[j];
        }
        normal->right[i] += row[i] * right;
    }
}

/* Cramer's rule on columns scaled to one; false when they do not tell three unknowns apart. */
static bool normal_solve(struct normal *normal, double x[3])
{
    double scale[3];
    for (int i = 0; i < 3; i++) {
        scale[i] = sqrt(normal->matrix[4 * (size_t)i]);
        if (!(scale[i] > 0.0)) {
            return false;
        }
    }
    for (int i = 0; i < 9; i++) {
        normal->matrix[i] /= scale[i / 3] * scale[i % 3];
    }
    for (int i = 0; i < 3; i++) {
        normal->right[i] /= scale[i];
    }
    gsl_matrix_view matrix = gsl_matrix_view_array(normal->matrix, 3, 3);
    gsl_vector_view right = gsl_vector_view_array(normal->right, 3);
    size_t order[3];
    gsl_permutation permutation = {3, order};
    int sign;
    gsl_linalg_LU_decomp(&matrix.matrix, &permutation, &sign);
    if (fabs(gsl_matrix_get(&matrix.matrix, 2, 2)) < 1e-12) {
        return false;
    }
    gsl_linalg_LU_svx(&matrix.matrix, &permutation, &right.vector);
    for (int i = 0; i < 3; i++) {
        x[i] = normal->right[i] / scale[i];
    }
    return true;
}

static double squares_of(const struct sim_theory_usl *usl, const double *loads,
                         const double *throughputs, size_t count)
{
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        double error = throughputs[i] - sim_theory_usl(usl, loads[i]);
        squares += error * error;
    }
    return squares;
}

/* n / X(n) is linear in (1, n-1, n(n-1)) / scale. */
static bool fit_linearised(const double *loads, const double *throughputs, size_t count,
                           struct sim_theory_usl *usl)
{
    struct normal normal = {{0}, {0}};
    for (size_t i = 0; i < count; i++) {
        double n = loads[i];
        double row[3] = {1.0, n - 1.0, n * (n - 1.0)};
        normal_add(&normal, row, n / throughputs[i]);
    }
    double x[3];
    if (!normal_solve(&normal, x) || !(x[0] > 0.0)) {
        return false;
    }
    *usl = (struct sim_theory_usl){1.0 / x[0], x[1] / x[0], x[2] / x[0]};
    return true;
}

/* The Gauss-Newton step at `usl`. */
static bool fit_step(const struct sim_theory_usl *usl, const double *loads,
                     const double *throughputs, size_t count, double step[3])
{
    struct normal normal = {{0}, {0}};
    for (size_t i = 0; i < count; i++) {
        double n = loads[i];
        double x = sim_theory_usl(usl, n);
        double denominator = 1.0 + usl->alpha * (n - 1.0) + usl->beta * n * (n - 1.0);
        double row[3] = {x / usl->scale, -x * (n - 1.0) / denominator,
                         -x * n * (n - 1.0) / denominator};
        normal_add(&normal, row, throughputs[i] - x);
    }
    return normal_solve(&normal, step);
}

bool sim_theory_usl_fit(const double *loads, const double *throughputs, size_t count,
                        struct sim_theory_usl *ret_usl)
{
    struct sim_theory_usl best;
    if (count < 3 || !fit_linearised(loads, throughputs, count, &best)) {
        return false;
    }
    double squares = squares_of(&best, loads, throughputs, count);
    for (int round = 0; round < 100; round++) {
        double step[3];
        if (!fit_step(&best, loads, throughputs, count, step)) {
            return false;
        }
        double length = 1.0;
        struct sim_theory_usl next = best;
        double next_squares = INFINITY;
        while (length > 1e-6 && !(next_squares < squares)) {
            next = (struct sim_theory_usl){best.scale + length * step[0],
                                           best.alpha + length * step[1],
                                           best.beta + length * step[2]};
            next_squares = squares_of(&next, loads, throughputs, count);
            length *= 0.5;
        }
        if (!(next_squares < squares)) {
            break;
        }
        best = next;
        squares = next_squares;
    }
    *ret_usl = best;
    return true;
}

/* The portable elementary functions beside the C library's long double ones, and bit for bit beside
 * a pinned hash: if the first failed results would be wrong, if the second they would differ
 * between machines.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include <glib.h>

#include "base/math.h"
#include "base/random.h"

#define SAMPLES 1000000

/* |got - want| in units of the last place of the double next to `want`. */
static double units_off(double got, long double want)
{
    double near = (double)want;
    if (got == near || (isnan(got) && isnan(near))) {
        return 0.0;
    }
    if (!isfinite(got) || !isfinite(near)) {
        return 1e9;
    }
    double magnitude = fabs(near);
    return (double)(fabsl((long double)got - want) / (nextafter(magnitude, INFINITY) - magnitude));
}

struct worst {
    double off, x, y;
};

static void take(struct worst *worst, double off, double x, double y)
{
    if (off > worst->off) {
        *worst = (struct worst){off, x, y};
    }
}

static void report(const char *name, const struct worst *worst, double limit)
{
    g_print("# %s: at worst %.3f units in the last place, at %.17g %.17g\n", name, worst->off,
            worst->x, worst->y);
    g_assert_cmpfloat(worst->off, <=, limit);
}

/* Evenly spread over low .. high. */
static double spread(struct sim_random *random, double low, double high)
{
    return low + sim_random_unit(random) * (high - low);
}

static void test_log(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "math", "log");
    struct worst log_worst = {0}, log1p_worst = {0};
    for (int i = 0; i < SAMPLES; i++) {
        double x = i % 3 == 0   ? exp(spread(&random, -744.0, 709.0))
                   : i % 3 == 1 ? spread(&random, 0.98, 1.02)
                                : sim_random_unit(&random);
        take(&log_worst, units_off(sim_log(x), logl(x)), x, 0);
        double y = i % 3 == 0   ? exp(spread(&random, -40.0, 100.0))
                   : i % 3 == 1 ? spread(&random, -0.05, 0.05)
                                : -sim_random_unit(&random);
        take(&log1p_worst, units_off(sim_log1p(y), log1pl(y)), y, 0);
    }
    report("log", &log_worst, 1.0);
    report("log1p", &log1p_worst, 1.5);
}

static void test_exp(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "math", "exp");
    struct worst exp_worst = {0}, expm1_worst = {0};
    for (int i = 0; i < SAMPLES; i++) {
        double x = i % 2 == 0 ? spread(&random, -745.2, 709.8) : spread(&random, -2.0, 2.0);
        take(&exp_worst, units_off(sim_exp(x), expl(x)), x, 0);
        double y = i % 2 == 0 ? spread(&random, -45.0, 60.0) : spread(&random, -0.1, 0.1);
        take(&expm1_worst, units_off(sim_expm1(y), expm1l(y)), y, 0);
    }
    report("exp", &exp_worst, 1.0);
    report("expm1", &expm1_worst, 1.5);
}

static void test_pow(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "math", "pow");
    struct worst worst = {0};
    for (int i = 0; i < SAMPLES; i++) {
        double x = exp(spread(&random, -30.0, 30.0));
        double y = spread(&random, -24.0, 24.0);
        if (i % 4 == 1) { /* close to one, raised high */
            x = spread(&random, 0.999, 1.001);
            y = spread(&random, -7e5, 7e5);
        } else if (i % 4 == 2) { /* results in and around the subnormal numbers */
            y = spread(&random, -745.0, -700.0) / log(x);
        } else if (i % 4 == 3) { /* subnormal bases */
            x = exp(spread(&random, -744.0, -708.0));
            y = spread(&random, -0.95, 1.04);
        }
        take(&worst, units_off(sim_pow(x, y), powl(x, y)), x, y);
    }
    report("pow", &worst, 1.0);
}

static void test_trigonometry(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "math", "sin");
    struct worst sin_worst = {0}, cos_worst = {0};
    for (int i = 0; i < SAMPLES / 2; i++) {
        double x = i % 2 == 0 ? spread(&random, -0x1p20, 0x1p20) : spread(&random, -10.0, 10.0);
        take(&sin_worst, units_off(sim_sin(x), sinl(x)), x, 0);
        take(&cos_worst, units_off(sim_cos(x), cosl(x)), x, 0);
    }
    report("sin", &sin_worst, 1.5);
    report("cos", &cos_worst, 1.5);
    /* Far out: exact values from 1300-bit arithmetic; the last is the double that lies closest to a
     * multiple of pi/2. */
    static const double far[][3] = {
        {1e10, -0.48750602508751069, 0.873119622676856},
        {1e22, -0.8522008497671888, 0.52321478539513895},
        {1e300, -0.8178819121159086, -0.57538611195754905},
        {-1e30, -0.0093314689311758241, -0.99995646089596646},
        {0x1.6ac5b262ca1ffp+849, 1.0, -4.6871659242546276e-19},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(far); i++) {
        g_assert_cmpfloat(units_off(sim_sin(far[i][0]), far[i][1]), <=, 1.5);
        g_assert_cmpfloat(units_off(sim_cos(far[i][0]), far[i][2]), <=, 1.5);
    }
    g_assert_true(signbit(sim_sin(-0.0)));
    g_assert_true(isnan(sim_sin(INFINITY)) && isnan(sim_cos(-INFINITY)) && isnan(sim_sin(NAN)));
    g_assert_cmpfloat(sim_cos(0.0), ==, 1.0);
}

/* Equal, and of equal sign where zero. */
static void assert_same(double got, double want)
{
    if (isnan(want)) {
        g_assert_true(isnan(got));
        return;
    }
    g_assert_cmpfloat(got, ==, want);
    g_assert_cmpint(!!signbit(got), ==, !!signbit(want));
}

static const double specials[] = {
    0.0,      -0.0,       1.0,     -1.0,      0.5,     -0.5,
    2.0,      -2.0,       3.0,     -3.0,      1.5,     -1.5,
    INFINITY, -INFINITY,  NAN,     1e300,     -1e300,  5e-324,
    -5e-324,  1e-18,      -1e-18,  DBL_MIN,   DBL_MAX, -1e-300,
    0x1p53,   0x1p53 + 2, -0x1p53, 0x1p-1060, 709.0,   709.78271289338399,
    709.79,   -745.13,    -745.14, -746.0,    1e18,    -1e18,
};

/* Annex F, by the C library's own word: it is right about these, and exact in rounding. */
static void test_specials(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(specials); i++) {
        double x = specials[i];
        assert_same(sim_floor(x), floor(x));
        assert_same(sim_ceil(x), ceil(x));
        assert_same(sim_sqrt(x), sqrt(x));
        g_assert_cmpfloat(units_off(sim_log(x), logl(x)), <=, 1.0);
        g_assert_cmpfloat(units_off(sim_log1p(x), log1pl(x)), <=, 1.0);
        g_assert_cmpfloat(units_off(sim_exp(x), expl(x)), <=, 1.0);
        g_assert_cmpfloat(units_off(sim_expm1(x), expm1l(x)), <=, 1.0);
        assert_same(copysign(1.0, sim_log1p(x)), copysign(1.0, isnan(log1p(x)) ? 1.0 : log1p(x)));
        assert_same(copysign(1.0, sim_expm1(x)), copysign(1.0, isnan(x) ? x : expm1(x)));
        for (size_t j = 0; j < G_N_ELEMENTS(specials); j++) {
            double y = specials[j];
            double got = sim_pow(x, y);
            double want = pow(x, y);
            g_assert_cmpfloat(units_off(got, want), <=, 1.0);
            if (!isnan(want)) {
                g_assert_cmpint(!!signbit(got), ==, !!signbit(want));
            }
        }
    }
    assert_same(sim_log(1.0), 0.0);
    assert_same(sim_exp(0.0), 1.0);
}

static void test_rounding(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "math", "floor");
    for (int i = 0; i < SAMPLES / 10; i++) {
        double x = spread(&random, -1.0, 1.0) * exp(spread(&random, -5.0, 45.0));
        x = i % 4 == 0 ? rint(x) : x;
        assert_same(sim_floor(x), floor(x));
        assert_same(sim_ceil(x), ceil(x));
    }
}

static void assert_near(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want))) {
        g_error("%.17g instead of %.17g", got, want);
    }
}

static void test_lgamma(void)
{
    static const double exact[][2] = {
        {1e-10, 23.025850929882735},     {0.01, 4.5994798780420217},
        {0.3, 1.0957979948180756},       {0.75, 0.20328095143129537},
        {0.999, 0.00057803853289138024}, {1.001, -0.00057639359828330615},
        {1.4, -0.11961291417237129},     {1.99, -0.0041955290887916687},
        {2.01, 0.0042600229070983458},   {2.5, 0.28468287047291916},
        {7.3, 7.1478925230222487},       {12.9, 19.735015850713006},
        {13.1, 20.240212723401435},      {1000.5, 5908.6741758486775},
        {1e12, 26631021115915.652},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(exact); i++) {
        assert_near(sim_lgamma(exact[i][0]), exact[i][1], 1e-13);
    }
    assert_same(sim_lgamma(0.0), INFINITY);
    assert_same(sim_lgamma(-1.5), NAN);
    assert_near(sim_lgamma(1.0) + 1.0, 1.0, 1e-16);
    assert_near(sim_lgamma(2.0) + 1.0, 1.0, 1e-16);
}

static void test_normal(void)
{
    static const double cdf[][2] = {
        {-37, 5.7255712225245768e-300},
        {-20, 2.7536241186062337e-89},
        {-8, 6.2209605742717841e-16},
        {-3, 0.0013498980316300945},
        {-1, 0.15865525393145705},
        {-0.1, 0.46017216272297102},
        {0, 0.5},
        {0.5, 0.6914624612740131},
        {2, 0.97724986805182079},
        {6, 0.99999999901341235},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cdf); i++) {
        assert_near(sim_normal_cdf(cdf[i][0]), cdf[i][1], 1e-14);
    }
    static const double quantile[][2] = {
        {1e-300, -37.047096299361199},  {1e-20, -9.2623400897984076}, {0.001, -3.0902323061678135},
        {0.3, -0.52440051270804082},    {0.8, 0.84162123357291436},   {0.975, 1.9599639845400539},
        {0.999999, 4.7534243088170878},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(quantile); i++) {
        assert_near(sim_normal_quantile(quantile[i][0]), quantile[i][1], 2e-15);
    }
    assert_same(sim_normal_quantile(0.5), 0.0);
    assert_same(sim_normal_quantile(0.0), -INFINITY);
    assert_same(sim_normal_quantile(1.0), INFINITY);
    assert_same(sim_normal_quantile(1.1), NAN);
    assert_same(sim_normal_cdf(-INFINITY), 0.0);
    assert_same(sim_normal_cdf(INFINITY), 1.0);
    struct sim_random random;
    sim_random_init(&random, 1, "math", "normal");
    for (int i = 0; i < SAMPLES / 20; i++) {
        double x = spread(&random, -37.0, 5.0);
        assert_near(sim_normal_quantile(sim_normal_cdf(x)), x, x > 3.0 ? 1e-10 : 1e-12 / fabs(x));
        assert_near(sim_normal_cdf(x), (double)(0.5L * erfcl(-x / sqrtl(2.0L))), 2e-15);
    }
}

static void test_gamma(void)
{
    static const double exact[][4] = {
        {0.01, 0.001, 0.93857065252612899, 0.061429347473871015},
        {0.5, 0.2, 0.47291074313446193, 0.52708925686553807},
        {1, 3, 0.95021293163213606, 0.049787068367863943},
        {2.5, 1, 0.15085496391539036, 0.84914503608460964},
        {2.5, 20, 0.99999985066320999, 1.4933679000503952e-7},
        {30, 10, 2.5099512015279078e-7, 0.99999974900487985},
        {30, 60, 0.99999312373503127, 6.8762649687320967e-6},
        {1000, 900, 0.00054990226571178292, 0.99945009773428822},
        {1000, 1100, 0.99894067674607002, 0.0010593232539299773},
        {100000, 100500, 0.94289673002397129, 0.057103269976028711},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(exact); i++) {
        const double *row = exact[i];
        assert_near(sim_gamma_p(row[0], row[1]), row[2], 1e-12);
        assert_near(sim_gamma_q(row[0], row[1]), row[3], 1e-12);
        double smaller = row[2] < row[3] ? sim_gamma_p_inverse(row[0], row[2])
                                         : sim_gamma_q_inverse(row[0], row[3]);
        assert_near(smaller, row[1], 1e-12);
    }
    struct sim_random random;
    sim_random_init(&random, 1, "math", "gamma");
    for (int i = 0; i < 20000; i++) {
        double a = exp(spread(&random, -4.0, 6.0));
        double p = i % 2 == 0 ? sim_random_unit(&random) : exp(spread(&random, -100.0, -0.7));
        double x = sim_gamma_p_inverse(a, p);
        if (x > 1e-290) {
            assert_near(sim_gamma_p(a, x), p, 1e-10);
        }
        assert_near(sim_gamma_q(a, sim_gamma_q_inverse(a, p)), p, 1e-10);
    }
    assert_same(sim_gamma_p(2.0, 0.0), 0.0);
    assert_same(sim_gamma_p(2.0, INFINITY), 1.0);
    assert_same(sim_gamma_p_inverse(2.0, 1.0), INFINITY);
    assert_same(sim_gamma_q_inverse(2.0, 1.0), 0.0);
    assert_same(sim_gamma_p(-1.0, 1.0), NAN);
}

static void fold(uint64_t *hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    *hash = sim_hash_pair(*hash, bits);
}

/* The same bits whatever the compiler, its options and the processor. */
static void test_pinned(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "math", "pinned");
    uint64_t hash = 0;
    for (int i = 0; i < 20000; i++) {
        double u = sim_random_unit(&random);
        double x = spread(&random, -700.0, 700.0);
        fold(&hash, sim_log(u));
        fold(&hash, sim_log1p(x + 701.0));
        fold(&hash, sim_exp(x));
        fold(&hash, sim_expm1(u - 0.5));
        fold(&hash, sim_pow(u, x / 100.0));
        fold(&hash, sim_sin(x * 1e4));
        fold(&hash, sim_cos(x * 1e14));
        fold(&hash, sim_lgamma(u * 30.0));
        fold(&hash, sim_normal_cdf(x / 20.0));
        fold(&hash, sim_normal_quantile(u));
        if (i % 20 == 0) {
            fold(&hash, sim_gamma_p(u * 50.0, 20.0));
            fold(&hash, sim_gamma_p_inverse(20.0 * u, u));
        }
    }
    g_assert_cmphex(hash, ==, UINT64_C(0x99f6fc5e94d77af7));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/math/log", test_log);
    g_test_add_func("/math/exp", test_exp);
    g_test_add_func("/math/pow", test_pow);
    g_test_add_func("/math/trigonometry", test_trigonometry);
    g_test_add_func("/math/specials", test_specials);
    g_test_add_func("/math/rounding", test_rounding);
    g_test_add_func("/math/lgamma", test_lgamma);
    g_test_add_func("/math/normal", test_normal);
    g_test_add_func("/math/gamma", test_gamma);
    g_test_add_func("/math/pinned", test_pinned);
    return g_test_run();
}

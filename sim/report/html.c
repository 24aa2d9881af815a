/* report.html: the summary as a page, with the pictures inside it. It needs nothing but itself. */
#include <string.h>

#include "report/text.h"

static const char *const style_sheet =
    "body{font:15px/1.45 'DejaVu Sans','Segoe UI',Helvetica,Arial,sans-serif;color:#222;"
    "background:#fff;max-width:1040px;margin:2em auto;padding:0 1em;overflow-wrap:break-word}\n"
    "h1{font-size:1.7em;margin-bottom:.2em}h2{font-size:1.3em;margin-top:2em;"
    "border-bottom:2px solid #0072B2;padding-bottom:.2em}h3{font-size:1.05em;margin-top:1.5em}\n"
    "div.wide{overflow-x:auto;margin:1em 0}\n"
    "table{border-collapse:collapse;font-size:.92em;font-variant-numeric:tabular-nums}\n"
    "thead th,thead td{border-bottom:2px solid #999}"
    "tbody th,tbody td{border-bottom:1px solid #e4e4e4}"
    "th,td{padding:.3em .8em;white-space:nowrap}tbody th{font-weight:normal}\n"
    ".left{text-align:left}.right{text-align:right}\n"
    ".pass{color:#00734f;font-weight:bold}.fail{color:#b3261e;font-weight:bold}"
    ".inconclusive{color:#8a6100;font-weight:bold}\n"
    "p{margin:.4em 0}p.item{margin:.2em 0 .2em 1em}p.item::before{content:'– '}\n"
    "figure{margin:1.2em 0;background:#fff;overflow-x:auto}"
    "figure svg{width:100%;min-width:720px;height:auto;display:block}\n"
    "@media (prefers-color-scheme:dark){body{background:#17191c;color:#e2e2e2}"
    "h2{border-color:#4aa3df}tbody th,tbody td{border-color:#3a3d42}"
    ".pass{color:#4cc38a}.fail{color:#ff8a80}.inconclusive{color:#e6b450}"
    "figure{border-radius:6px}}\n"
    "@media (max-width:600px){th,td{padding:.3em .45em}}\n"
    "@media print{body{max-width:none;margin:0;padding:0;font-size:9pt;color:#000;"
    "background:#fff}table{font-size:.78em}th,td{padding:.2em "
    ".5em}div.wide,figure{overflow:visible}"
    "figure "
    "svg{min-width:0;max-height:11cm}figure,tr,div.wide{break-inside:avoid}h2,h3{break-after:avoid}"
    "}\n";

/* Nothing is fetched and nothing runs, whatever a picture holds. */
static const char *const head =
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";

/* The <svg> element alone; NULL when the text holds none, or holds what a picture has no use for:
 * a folder may have been written by anybody. */
static const char *svg_of(const char *text)
{
    const char *start = strstr(text, "<svg");
    bool is_suspect = !start || !g_utf8_validate(text, -1, NULL) || strstr(text, "<script") ||
                      strstr(text, "javascript:") || strstr(text, "<foreignObject") ||
                      strstr(text, " onload") || strstr(text, " onclick");
    return is_suspect ? NULL : start;
}

/* gnuplot gives every picture the same ids; on one page each needs its own. */
static char *renumbered(const char *svg, uint32_t number)
{
    g_autofree char *id = g_strdup_printf(" id=\"p%u_", number);
    g_autofree char *quoted = g_strdup_printf(" id='p%u_", number);
    g_autofree char *link = g_strdup_printf("href=\"#p%u_", number);
    g_autofree char *hash = g_strdup_printf("href='#p%u_", number);
    g_autofree char *url = g_strdup_printf("url(#p%u_", number);
    g_autoptr(GString) text = g_string_new(svg);
    g_string_replace(text, " id=\"", id, 0);
    g_string_replace(text, " id='", quoted, 0);
    g_string_replace(text, "href=\"#", link, 0);
    g_string_replace(text, "href='#", hash, 0);
    g_string_replace(text, "url(#", url, 0);
    return g_strdup(text->str);
}

/* What label `number` of a gnuplot script of ours says: 1 is the title, 2 the subtitle. As markup;
 * NULL where there is none. Caller frees. */
static char *label_of(const char *script, int number)
{
    g_autofree char *begin = g_strdup_printf("set label %d '", number);
    const char *start = strstr(script, begin);
    const char *end = start ? strstr(start, "' at screen") : NULL;
    if (!end || !g_utf8_validate(start, end - start, NULL)) {
        return NULL;
    }
    start += strlen(begin);
    g_autoptr(GString) text = g_string_new_len(start, end - start);
    g_string_replace(text, "''", "'", 0);
    return g_markup_escape_text(text->str, -1);
}

static void replace_element(GString *text, const char *tag, const char *content)
{
    g_autofree char *open = g_strdup_printf("<%s>", tag);
    g_autofree char *close = g_strdup_printf("</%s>", tag);
    const char *start = strstr(text->str, open);
    const char *end = start ? strstr(start, close) : NULL;
    if (end && content) {
        gssize from = start - text->str + (gssize)strlen(open);
        g_string_erase(text, from, end - text->str - from);
        g_string_insert(text, from, content);
    }
}

/* Says in words what the picture shows, from the script that has drawn it: for those who hear the
 * page. gnuplot's own title names gnuplot. */
static char *described(const char *svg, const char *path)
{
    g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".svg"));
    g_autofree char *script_path = g_strconcat(stem, ".gp", NULL);
    g_autofree char *script = NULL;
    g_autoptr(GString) text = g_string_new(svg);
    g_string_insert(text, (gssize)strlen("<svg"), " role=\"img\"");
    if (g_file_get_contents(script_path, &script, NULL, NULL)) {
        g_autofree char *title = label_of(script, 1);
        g_autofree char *subtitle = label_of(script, 2);
        replace_element(text, "title", title);
        replace_element(text, "desc", subtitle);
    }
    return g_strdup(text->str);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *svg_names(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir)) {
        if (g_str_has_suffix(name, ".svg")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

static void append_pictures(GString *out, const char *folder)
{
    g_autoptr(GPtrArray) names = svg_names(folder);
    if (names->len > 0) {
        g_string_append(out, "<h2>Pictures</h2>\n");
    }
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, g_ptr_array_index(names, i), NULL);
        g_autofree char *text = NULL;
        const char *svg = g_file_get_contents(path, &text, NULL, NULL) ? svg_of(text) : NULL;
        if (svg) {
            g_autofree char *worded = described(svg, path);
            g_autofree char *own = renumbered(worded, i);
            g_string_append_printf(out, "<figure>%s</figure>\n", own);
        }
    }
}

GString *sim_render_html(const struct sim_report *report, const char *pictures)
{
    struct sim_text_style style = {.full_max = UINT32_MAX};
    struct sim_text text = {
        .report = report, .style = &style, .out = g_string_new(NULL), .is_page = true};
    g_autofree char *title = g_markup_escape_text(report->name, -1);
    g_string_append_printf(text.out,
                           "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n%s<title>%s</title>\n"
                           "<style>\n%s</style>\n</head>\n<body>\n<main>\n",
                           head, title, style_sheet);
    if (report->section_count > 0) {
        sim_text_head(&text);
        sim_text_expectations(&text);
        if (report->section_count > 1) {
            sim_text_comparison(&text);
        }
    }
    if (pictures) {
        append_pictures(text.out, pictures);
    }
    for (uint32_t s = 0; s < report->section_count; s++) {
        sim_text_heading(&text, 2,
                         report->sections[s].label[0] ? report->sections[s].label : "Measured");
        sim_text_section(&text, &report->sections[s], false);
    }
    if (report->section_count > 0) {
        sim_text_shared(&text);
        sim_text_foot(&text);
    }
    g_string_append_printf(text.out, "<p>brink %s</p>\n</main>\n</body>\n</html>\n",
                           report->version);
    return text.out;
}

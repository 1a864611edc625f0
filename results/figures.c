/* SPDX-License-Identifier: MIT
 * Figures: the rows of NAME.sql go into files for gnuplot, which draws all
 * figures in one process. How the halves meet is said in figures/style.gp;
 * gnuplot itself is run in gnuplot.c. */
#include "results/figures.h"

#include "results/gnuplot.h"
#include "results/sql.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MAX = 64, NAME_LEN = 100, SQL_LEN = 65536, COLUMNS_MAX = 32, STATEMENTS_MAX = 16 };

struct plot {
    sqlite3 *db;
    const char *folder; /* of NAME.sql and NAME.gp */
    char stem[RESULTS_PATH_MAX];
    char temp[RESULTS_PATH_MAX]; /* a folder of our own */
    char names[NAMES_MAX][NAME_LEN];
    size_t count;
    const char *name; /* the figure at work */
    bool skip_empty;  /* nobody asked for them by name */
};

static int is_figure(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);
    return len > 4 && len < NAME_LEN && strcmp(entry->d_name + len - 4, ".sql") == 0;
}

void results_figures(const char *figures_dir, void (*name)(void *owner, const char *text),
                     void *owner)
{
    struct dirent **entries = NULL;
    const int count = scandir(figures_dir, &entries, is_figure, alphasort);
    for (int i = 0; i < count; i++) {
        char text[NAME_LEN + 16];
        char gp[RESULTS_PATH_MAX];
        (void)snprintf(text, sizeof text, "%.*s", (int)strlen(entries[i]->d_name) - 4,
                       entries[i]->d_name);
        (void)snprintf(gp, sizeof gp, "%s/%s.gp", figures_dir, text);
        if (access(gp, R_OK) == 0)
            name(owner, text);
        free(entries[i]);
    }
    free(entries);
}

static void name_add(void *owner, const char *text)
{
    struct plot *const p = owner;
    if (p->count < NAMES_MAX)
        (void)snprintf(p->names[p->count++], NAME_LEN, "%s", text);
}

/* The names that a study lists, between blanks. */
static void names_listed(struct plot *p)
{
    char error[RESULTS_ERROR_MAX];
    sqlite3_stmt *const row = sql_prepare(p->db, "SELECT figures FROM study", error);
    if (row != NULL && sqlite3_step(row) == SQLITE_ROW) {
        char list[NAMES_MAX * NAME_LEN];
        char *rest = NULL;
        (void)snprintf(list, sizeof list, "%s", (const char *)sqlite3_column_text(row, 0));
        for (char *word = strtok_r(list, " ", &rest); word != NULL;
             word = strtok_r(NULL, " ", &rest))
            name_add(p, word);
    }
    (void)sqlite3_finalize(row);
}

static char *file_read(const char *path, char *error)
{
    FILE *const file = fopen(path, "rb");
    char *const text = file != NULL ? malloc(SQL_LEN) : NULL;
    if (text != NULL)
        text[fread(text, 1, SQL_LEN - 1, file)] = '\0';
    else
        (void)sql_error(error, "%.300s cannot be read: %s", path, strerror(errno));
    if (file != NULL)
        (void)fclose(file);
    return text;
}

/* A text as one cell: what would end a cell or a line becomes a blank. */
static void cell_write(FILE *out, const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        (void)fputc(strchr("\t\r\n\"", *text) != NULL ? ' ' : *text, out);
    if (text == NULL)
        (void)fputs("NaN", out);
}

/* The rows into `out`; the number of blocks, or -1. */
static int blocks_write(sqlite3_stmt *s, FILE *out)
{
    char label[300] = "";
    int blocks = 0;
    int got;
    while ((got = sqlite3_step(s)) == SQLITE_ROW) {
        const char *const first = (const char *)sqlite3_column_text(s, 0);
        if (blocks == 0 || strncmp(first != NULL ? first : "", label, sizeof label - 1) != 0) {
            (void)snprintf(label, sizeof label, "%s", first != NULL ? first : "");
            (void)fputs(blocks++ > 0 ? "\n\n\"" : "\"", out);
            cell_write(out, label);
            (void)fputs("\"\n", out);
        }
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            cell_write(out, (const char *)sqlite3_column_text(s, i));
            (void)fputc(i + 1 < sqlite3_column_count(s) ? '\t' : '\n', out);
        }
    }
    return got == SQLITE_DONE ? blocks : -1;
}

static void string_write(FILE *plt, const char *name, const char *text)
{
    (void)fprintf(plt, "%s = '", name);
    for (; text != NULL && *text != '\0'; text++)
        (void)fprintf(plt, "%s%c", *text == '\'' ? "'" : "", *text == '\n' ? ' ' : *text);
    (void)fputs("'\n", plt);
}

/* One row of `$name` columns. */
static bool strings_write(sqlite3_stmt *s, FILE *plt)
{
    const int got = sqlite3_step(s);
    for (int i = 0; i < sqlite3_column_count(s); i++)
        string_write(plt, sqlite3_column_name(s, i) + 1,
                     got == SQLITE_ROW ? (const char *)sqlite3_column_text(s, i) : "");
    return got == SQLITE_ROW || got == SQLITE_DONE;
}

static bool data_write(struct plot *p, sqlite3_stmt *s, FILE *plt, int number, int *blocks)
{
    char path[RESULTS_PATH_MAX + NAME_LEN + 16];
    (void)snprintf(path, sizeof path, "%s/%s-%d.tsv", p->temp, p->name, number);
    FILE *const out = fopen(path, "wb");
    if (out == NULL)
        return false;
    *blocks = blocks_write(s, out);
    const bool good = ferror(out) == 0;
    (void)fprintf(plt, "blocks%d = %d\ndata%d = '%s'\n", number, *blocks, number, path);
    return fclose(out) == 0 && good && *blocks >= 0;
}

/* Runs each SELECT of a figure, and writes its variables. `blocks` is of the first with rows. */
static bool statements_run(struct plot *p, const char *sql, FILE *plt, int *blocks)
{
    int number = 0;
    for (int i = 0; i < STATEMENTS_MAX && *sql != '\0'; i++) {
        sqlite3_stmt *s = NULL;
        int found = 0;
        bool good = sqlite3_prepare_v2(p->db, sql, -1, &s, &sql) == SQLITE_OK;
        if (good && s == NULL)
            return true;
        if (good && sqlite3_column_name(s, 0)[0] == '$')
            good = strings_write(s, plt);
        else if (good)
            good = data_write(p, s, plt, ++number, &found);
        if (number == 1 && found > 0)
            *blocks = found;
        (void)sqlite3_finalize(s);
        if (!good)
            return false;
    }
    return true;
}

static const char terminals[][2][200] = {
    {"png", "pngcairo noenhanced size 1200,800 font 'DejaVu Sans,15' background '#ffffff'"},
    {"svg", "svg noenhanced size 1200,800 font 'DejaVu Sans,15' background '#ffffff' dynamic"},
};

/* The part of the script that draws one figure, after its variables. */
static void drawing_write(const struct plot *p, const char *name, FILE *plt, bool empty)
{
    for (size_t i = 0; i < 2; i++) {
        (void)fprintf(plt,
                      "reset\nload '%s/style.gp'\nset datafile separator \"\\t\"\n"
                      "set datafile missing 'NaN'\nset terminal %s\nset output '%s-%s.%s'\n",
                      p->folder, terminals[i][1], p->stem, name, terminals[i][0]);
        if (empty)
            (void)fprintf(
                plt,
                "unset border\nunset tics\nunset key\nset label 1 '%s' at screen 0.5,0.55 "
                "center font ',20'\nset label 2 'No data: no run in '.file.' has what "
                "this figure shows' at screen 0.5,0.47 center\n"
                "plot [0:1][0:1] -1 notitle\n",
                name);
        else
            (void)fprintf(plt, "load '%s/%s.gp'\n", p->folder, name);
        (void)fputs("unset output\n", plt);
    }
}

/* False with `error` when it cannot be drawn, or has no rows and nobody asked for it (no error). */
static bool figure_write(struct plot *p, const char *name, char *error)
{
    char path[RESULTS_PATH_MAX + NAME_LEN + 16];
    int blocks = 0;
    p->name = name;
    const char *const slash = strrchr(p->stem, '/');
    (void)snprintf(path, sizeof path, "%s/%s.sql", p->folder, name);
    char *const sql = file_read(path, error);
    if (sql == NULL)
        return sql_error(error, "there is no figure \"%.100s\" in %.300s", name, p->folder);
    (void)snprintf(path, sizeof path, "%s/%s.plt", p->temp, name);
    FILE *const plt = fopen(path, "wb");
    if (plt == NULL) {
        free(sql);
        return sql_error(error, "%.300s cannot be written: %s", path, strerror(errno));
    }
    (void)fprintf(plt, "reset session\n");
    string_write(plt, "name", name);
    (void)fputs("file = '", plt);
    cell_write(plt, slash != NULL ? slash + 1 : p->stem);
    (void)fputs(".db'\n", plt);
    bool good = statements_run(p, sql, plt, &blocks) ||
                sql_error(error, "figure %.100s: its .sql: %.300s", name, sqlite3_errmsg(p->db));
    drawing_write(p, name, plt, blocks == 0);
    free(sql);
    if (fclose(plt) != 0)
        good = sql_error(error, "%.300s cannot be written: %s", path, strerror(errno));
    return good && (blocks > 0 || !p->skip_empty);
}

static bool plot_open(struct plot *p, const char *db_path, const char *figures_dir, char *error)
{
    const char *const base = getenv("TMPDIR");
    p->folder = figures_dir;
    (void)snprintf(p->stem, sizeof p->stem, "%s", db_path);
    const size_t len = strlen(p->stem);
    if (len > 3 && strcmp(p->stem + len - 3, ".db") == 0)
        p->stem[len - 3] = '\0';
    if (strchr(db_path, '\'') != NULL || strchr(figures_dir, '\'') != NULL)
        return sql_error(error, "cannot be drawn: gnuplot takes no path with a quotation mark");
    p->db = sql_open_ours(db_path, SQL_READ, error);
    if (p->db == NULL)
        return false;
    (void)snprintf(p->temp, sizeof p->temp, "%s/ikelab-figures-XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(p->temp) != NULL)
        return true;
    (void)sql_error(error, "%.300s cannot be made: %s", p->temp, strerror(errno));
    p->temp[0] = '\0';
    return false;
}

static void plot_close(struct plot *p)
{
    DIR *const folder = p->temp[0] != '\0' ? opendir(p->temp) : NULL;
    char path[RESULTS_PATH_MAX + 300];
    for (const struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;) {
        (void)snprintf(path, sizeof path, "%s/%s", p->temp, e->d_name);
        (void)unlink(path);
    }
    if (folder != NULL) {
        (void)closedir(folder);
        (void)rmdir(p->temp);
    }
    (void)sqlite3_close(p->db);
    free(p);
}

static void names_choose(struct plot *p, const char *const *names, size_t count)
{
    for (size_t i = 0; names != NULL && i < count; i++)
        name_add(p, names[i]);
    if (names == NULL)
        names_listed(p);
    if (p->count > 0)
        return;
    p->skip_empty = true;
    results_figures(p->folder, name_add, p);
}

bool results_plot(const char *db_path, const char *const *names, size_t name_count,
                  const char *figures_dir, char *error)
{
    struct plot *const p = calloc(1, sizeof *p);
    if (p == NULL)
        return sql_error(error, "no memory");
    if (!plot_open(p, db_path, figures_dir, error)) {
        plot_close(p);
        return false;
    }
    names_choose(p, names, name_count);
    struct gnuplot g = {.temp = p->temp};
    error[0] = '\0';
    for (size_t i = 0; i < p->count; i++) {
        char why[RESULTS_ERROR_MAX] = "";
        if (figure_write(p, p->names[i], why))
            g.names[g.count++] = p->names[i];
        else if (error[0] == '\0')
            (void)sql_error(error, "%s", why);
    }
    char why[RESULTS_ERROR_MAX] = "";
    if (!gnuplot_run(&g, why) && error[0] == '\0')
        (void)sql_error(error, "%s", why);
    plot_close(p);
    return error[0] == '\0';
}

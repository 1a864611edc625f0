/* SPDX-License-Identifier: MIT
 * The files of live runs (watch.h), read and drawn. What stands in them is
 * somebody else's text: it is cut, and nothing in it reaches a terminal that is
 * not a letter. */
#include "experiments/live_page.h"

#include "experiments/commands.h"
#include "experiments/progress.h"
#include "experiments/watch.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    STATES_MAX = 8,
    FACTS_MAX = 128, /* lines of a file */
    WIDTH = 80,
    HEIGHT = 1000, /* where it is no terminal */
    PAGE_MAX = 32768,
    TEXT_MAX = 128,
    BAR = 30
};

#define SECOND UINT64_C(1000000000)

/* A file, line by line. */
struct state {
    char text[WATCH_FILE_MAX + 1];
    uint32_t facts[FACTS_MAX]; /* where each begins: a state may be moved */
    uint32_t count;
    long pid;
};

/* What is drawn. */
struct page {
    char text[PAGE_MAX];
    size_t len;
    uint32_t width, height, lines;
    bool terminal;
};

/* ---- facts ---- */

/* What stands after " key=" in a line, up to a blank; "" if it does not. */
static const char *value(const char *fact, const char *key, char out[TEXT_MAX])
{
    char wanted[40];
    (void)snprintf(wanted, sizeof wanted, " %s=", key);
    const char *const at = strstr(fact, wanted);
    const char *const from = at != NULL ? at + strlen(wanted) : "";
    (void)snprintf(out, TEXT_MAX, "%.*s", (int)strcspn(from, " "), from);
    return out;
}

static uint64_t number(const char *fact, const char *key)
{
    char text[TEXT_MAX];
    return strtoull(value(fact, key, text), NULL, 10);
}

static bool is_kind(const char *fact, const char *kind)
{
    const size_t len = strlen(kind);
    return strncmp(fact, kind, len) == 0 && fact[len] == ' ';
}

static const char *fact_at(const struct state *s, uint32_t i)
{
    return s->text + s->facts[i];
}

/* The first of a kind; "" if there is none. */
static const char *first(const struct state *s, const char *kind)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (is_kind(fact_at(s, i), kind))
            return fact_at(s, i);
    return "";
}

/* False: it is none of ours, or nobody's any more; then it is taken away, if we may. */
static bool state_read(const char *path, struct state *s)
{
    FILE *const file = fopen(path, "re");
    if (file == NULL)
        return false;
    const size_t len = fread(s->text, 1, WATCH_FILE_MAX, file);
    (void)fclose(file);
    s->text[len] = '\0';
    s->count = 0;
    for (size_t i = 0; i < len; i++)
        if (s->text[i] != '\n' && (s->text[i] < ' ' || s->text[i] > '~'))
            s->text[i] = '?';
    for (char *line = s->text; *line != '\0' && s->count < FACTS_MAX;) {
        char *const end = line + strcspn(line, "\n");
        char *const next = *end == '\n' ? end + 1 : end;
        *end = '\0';
        s->facts[s->count++] = (uint32_t)(line - s->text);
        line = next;
    }
    if (s->count == 0 || strcmp(fact_at(s, 0), "ikelab-live 1") != 0)
        return false;
    s->pid = (long)number(first(s, "process"), "pid");
    if (watch_is_alive(s->pid, number(first(s, "process"), "start")))
        return true;
    (void)unlink(path);
    return false;
}

static int by_pid(const void *a, const void *b)
{
    const struct state *const x = a;
    const struct state *const y = b;
    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static uint32_t states_read(struct state *states)
{
    char folder[WATCH_PATH_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; watch_folder(i, folder) != NULL; i++) {
        DIR *const entries = opendir(folder);
        const struct dirent *e;
        while (entries != NULL && count < STATES_MAX && (e = readdir(entries)) != NULL) {
            char path[WATCH_PATH_MAX + 300];
            const size_t len = strlen(e->d_name);
            (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            if (len > 6 && strcmp(e->d_name + len - 6, ".state") == 0 &&
                state_read(path, &states[count]))
                count++;
        }
        if (entries != NULL)
            (void)closedir(entries);
    }
    qsort(states, count, sizeof *states, by_pid);
    return count;
}

/* ---- drawing ---- */

/* One line, cut at the page's edge. */
static void put(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct page *page, const char *format, ...)
{
    char line[512];
    va_list list;
    if (page->lines + 1 >= page->height)
        return;
    va_start(list, format);
    (void)vsnprintf(line, sizeof line, format, list);
    va_end(list);
    page->len += (size_t)snprintf(page->text + page->len, PAGE_MAX - page->len, "%.*s%s\n",
                                  (int)page->width, line, page->terminal ? "\033[K" : "");
    if (page->len >= PAGE_MAX)
        page->len = PAGE_MAX - 1;
    page->lines++;
}

static void put_title(struct page *page, const char *name, const char *what)
{
    if (page->terminal)
        page->len += (size_t)snprintf(page->text + page->len, PAGE_MAX - page->len, "\033[1m");
    put(page, "%s%s%s", name, what[0] != '\0' ? "   " : "", what);
    if (page->terminal && page->len < PAGE_MAX)
        page->len += (size_t)snprintf(page->text + page->len, PAGE_MAX - page->len, "\033[0m");
}

/* "12", or "?": it was not told. */
static const char *level(const char *fact, const char *key, char out[TEXT_MAX])
{
    if (strcmp(value(fact, key, out), "-") == 0)
        (void)snprintf(out, TEXT_MAX, "?");
    return out;
}

static const char *size_text(uint64_t octets, char out[TEXT_MAX])
{
    (void)snprintf(out, TEXT_MAX, "%.1f MiB", (double)octets / 1048576);
    return out;
}

static double share(uint64_t part, uint64_t all)
{
    return all > 0 ? 100.0 * (double)part / (double)all : 0;
}

static void draw_run(struct page *page, const struct state *s, uint64_t now_ns)
{
    char bar[BAR + 1];
    const char *const run = first(s, "run");
    const char *const name = first(s, "experiment");
    const char *const point = first(s, "point");
    const uint64_t passed_ns = number(run, "passed_ns");
    const uint64_t total_ns = number(run, "total_ns");
    const uint64_t at_ns = number(first(s, "process"), "at_ns");
    const uint64_t age_ns = now_ns > at_ns ? now_ns - at_ns : 0;
    char title[TEXT_MAX];
    (void)snprintf(title, sizeof title, "run %" PRIu64 " of %" PRIu64 ", seed %" PRIu64,
                   number(run, "number"), number(run, "count"), number(run, "seed"));
    put_title(page, name[0] != '\0' ? name + strlen("experiment ") : "?", title);
    if (strlen(point) > strlen("point "))
        put(page, "  %s", point + strlen("point "));
    for (size_t i = 0; i < BAR; i++)
        bar[i] = total_ns > 0 && i * total_ns < passed_ns * BAR ? '=' : ' ';
    bar[BAR] = '\0';
    if (total_ns == 0)
        put(page, "  is starting its daemon");
    else
        put(page, "  [%s] %.0f of %.0f s", bar, (double)passed_ns / 1e9, (double)total_ns / 1e9);
    if (age_ns > 5 * SECOND)
        put(page, "  has said nothing for %.0f s", (double)age_ns / 1e9);
    put(page, "%s", "");
}

static void draw_gateway(struct page *page, const char *fact)
{
    char name[TEXT_MAX], text[4][TEXT_MAX];
    const bool ours = strcmp(value(fact, "daemon", text[0]), "-") == 0;
    const uint64_t cores = number(fact, "cores");
    put_title(page, value(fact, "name", name), ours ? "ikelab's own engine" : text[0]);
    put(page, "  IKE SAs      %s established, %s half-open", level(fact, "established", text[0]),
        level(fact, "half_open", text[1]));
    put(page, "  Child SAs    %s", level(fact, "children", text[0]));
    (void)level(fact, "cookies", text[0]);
    put(page, "  cookies      %s",
        strcmp(text[0], "?") == 0   ? "?"
        : strcmp(text[0], "0") == 0 ? "off"
                                    : "on");
    put(page,
        "  packets      %s/s to it, %s/s from it; %" PRIu64 " did not fit its socket's buffer",
        level(fact, "in", text[0]), level(fact, "out", text[1]), number(fact, "dropped"));
    put(page, "  CPU          %.0f %% of its %" PRIu64 " core%s%s",
        (double)number(fact, "cpu_ppm") / 1e4, cores, cores == 1 ? "" : "s",
        number(fact, "shares") != 0 ? ", which it shares with what loads it" : "");
    put(page, "  memory       %s", size_text(number(fact, "memory"), text[0]));
    if (strstr(fact, "=- ") != NULL && !ours)
        put(page, "  (?: not told, or not yet)");
    put(page, "%s", "");
}

static void draw_clients(struct page *page, const char *fact)
{
    char name[TEXT_MAX];
    const uint64_t attempts = number(fact, "attempts");
    const uint64_t good = number(fact, "successes");
    const uint64_t bad = number(fact, "failures");
    const uint64_t over = good + bad;
    put_title(page, value(fact, "name", name), "clients");
    put(page,
        "  attempts     %" PRIu64 ": %" PRIu64 " succeeded, %" PRIu64 " failed, %" PRIu64
        " under way",
        attempts, good, bad, attempts > over ? attempts - over : 0);
    if (over > 0)
        put(page, "  success      %.1f %%", share(good, over));
    put(page, "  SAs          %" PRIu64 " IKE, %" PRIu64 " Child", number(fact, "established"),
        number(fact, "children"));
    put(page, "%s", "");
}

static void draw_reasons(struct page *page, const struct state *s)
{
    bool any = false;
    for (uint32_t i = 0; i < s->count; i++) {
        char who[TEXT_MAX], reason[TEXT_MAX];
        if (!is_kind(fact_at(s, i), "reason"))
            continue;
        if (!any)
            put_title(page, "refused, lost, failed so far", "");
        any = true;
        put(page, "  %-12s %8" PRIu64 "  %s%s", value(fact_at(s, i), "who", who),
            number(fact_at(s, i), "count"), value(fact_at(s, i), "reason", reason),
            number(fact_at(s, i), "attempts") != 0 ? ": why attempts failed" : "");
    }
    if (any)
        put(page, "%s", "");
}

static void draw(struct page *page, const struct state *s, uint64_t now_ns)
{
    const char *const lag = first(s, "lag");
    draw_run(page, s, now_ns);
    for (uint32_t i = 0; i < s->count; i++)
        if (is_kind(fact_at(s, i), "gateway"))
            draw_gateway(page, fact_at(s, i));
    for (uint32_t i = 0; i < s->count; i++)
        if (is_kind(fact_at(s, i), "clients"))
            draw_clients(page, fact_at(s, i));
    if (lag[0] != '\0')
        put(page,
            "  real time    99 %% of events within %.1f ms, the latest %.1f ms; %.2f %% too late",
            (double)number(lag, "p99_ns") / 1e6, (double)number(lag, "max_ns") / 1e6,
            (double)number(lag, "late_ppm") / 1e4);
    if (lag[0] != '\0')
        put(page, "%s", "");
    draw_reasons(page, s);
}

/* All of it in one line, for who keeps such lines. */
static void draw_line(const struct state *s)
{
    char text[5][TEXT_MAX];
    const char *const run = first(s, "run");
    const char *const name = first(s, "experiment");
    (void)printf("%s run %" PRIu64 "/%" PRIu64 " %.0f/%.0f s",
                 name[0] != '\0' ? name + strlen("experiment ") : "?", number(run, "number"),
                 number(run, "count"), (double)number(run, "passed_ns") / 1e9,
                 (double)number(run, "total_ns") / 1e9);
    for (uint32_t i = 0; i < s->count; i++) {
        const char *const f = fact_at(s, i);
        if (is_kind(f, "gateway"))
            (void)printf("; %s %s up %s half-open %s/s in %s/s out CPU %.0f %%",
                         value(f, "name", text[0]), level(f, "established", text[1]),
                         level(f, "half_open", text[2]), level(f, "in", text[3]),
                         level(f, "out", text[4]), (double)number(f, "cpu_ppm") / 1e4);
        if (is_kind(f, "clients"))
            (void)printf("; %s %" PRIu64 " of %" PRIu64, value(f, "name", text[0]),
                         number(f, "successes"), number(f, "attempts"));
    }
    (void)putchar('\n');
}

/* ---- the page ---- */

static const char nothing_runs[] =
    "No live run goes on: begin one in another shell, like `ikelab run prediction`.";

static volatile sig_atomic_t wanted;

static void on_signal(int which)
{
    (void)which;
    wanted = 0;
}

static void page_open(struct page *page)
{
    struct winsize size;
    page->len = page->lines = 0;
    page->terminal = isatty(STDOUT_FILENO) == 1;
    page->width = WIDTH;
    page->height = HEIGHT;
    if (page->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        page->width = size.ws_col < 40 ? 40 : size.ws_col;
        page->height = size.ws_row < 8 ? 8 : size.ws_row;
    }
}

static void page_draw(struct page *page, const struct state *states, uint32_t count)
{
    const uint64_t now_ns = progress_now_ns();
    for (uint32_t i = 0; i < count; i++)
        draw(page, &states[i], now_ns);
    if (count == 0)
        put(page, "%s", nothing_runs);
}

/* On another screen of the terminal, so that what was there before is there after. */
static int watch_on_terminal(struct state *states, struct page *page)
{
    static const struct timespec a_second = {.tv_sec = 1};
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)fputs("\033[?1049h\033[?25l", stdout);
    while (wanted != 0) {
        page_open(page);
        page_draw(page, states, states_read(states));
        if (page->lines + 1 < page->height)
            put(page, "%s", "Ctrl-C ends this page; the run goes on.");
        (void)printf("\033[H%s\033[J", page->text);
        (void)fflush(stdout);
        (void)nanosleep(&a_second, NULL);
    }
    (void)fputs("\033[?25h\033[?1049l", stdout);
    return EXIT_DONE;
}

/* A line a second, as long as something runs. */
static int watch_in_lines(struct state *states)
{
    static const struct timespec a_second = {.tv_sec = 1};
    uint32_t count = states_read(states);
    const int status = count > 0 ? EXIT_DONE : EXIT_FAILED;
    if (count == 0)
        (void)fprintf(stderr, "%s\n", nothing_runs);
    for (; count > 0; count = states_read(states)) {
        for (uint32_t i = 0; i < count; i++)
            draw_line(&states[i]);
        if (fflush(stdout) != 0)
            break;
        (void)nanosleep(&a_second, NULL);
    }
    return status;
}

int live_watch(bool once)
{
    static struct state states[STATES_MAX];
    static struct page page;
    wanted = 1;
    page_open(&page);
    if (!once)
        return page.terminal ? watch_on_terminal(states, &page) : watch_in_lines(states);
    page.terminal = false;
    page.height = HEIGHT;
    const uint32_t count = states_read(states);
    page_draw(&page, states, count);
    (void)fputs(page.text, count > 0 ? stdout : stderr);
    return count > 0 ? EXIT_DONE : EXIT_FAILED;
}

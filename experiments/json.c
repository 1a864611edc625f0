/* SPDX-License-Identifier: MIT
 * Lines of JSON, written field by field and flushed line by line. */
#include "experiments/json.h"

#include <math.h>
#include <stdio.h>

static void quoted(const char *text)
{
    (void)putchar('"');
    for (const char *c = text; *c != '\0'; c++) {
        const unsigned char octet = (unsigned char)*c;
        if (*c == '"' || *c == '\\')
            (void)printf("\\%c", *c);
        else if (octet < 0x20)
            (void)printf("\\u%04x", octet);
        else
            (void)putchar(*c);
    }
    (void)putchar('"');
}

static void name_of(const char *name)
{
    (void)fputs(", ", stdout);
    quoted(name);
    (void)fputs(": ", stdout);
}

void json_open(const char *kind)
{
    (void)printf("{\"ikelab\": %d, \"kind\": ", JSON_CONTRACT);
    quoted(kind);
}

void json_text(const char *name, const char *text)
{
    name_of(name);
    quoted(text);
}

void json_count(const char *name, uint64_t value)
{
    name_of(name);
    (void)printf("%llu", (unsigned long long)value);
}

void json_number(const char *name, double value)
{
    name_of(name);
    if (isfinite(value))
        (void)printf("%.9g", value);
    else
        (void)fputs("null", stdout);
}

void json_bool(const char *name, bool value)
{
    name_of(name);
    (void)fputs(value ? "true" : "false", stdout);
}

void json_close(void)
{
    (void)fputs("}\n", stdout);
    (void)fflush(stdout);
}

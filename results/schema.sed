# Turns schema.sql into C: an array of its lines. Long strings are not portable, so a line is one.
1i\
/* Made of schema.sql. */\
#include "results/sql.h"\
\
const char *const results_schema[] = {
s/[\\"]/\\&/g
s/.*/    "&\\n",/
$a\
    0};

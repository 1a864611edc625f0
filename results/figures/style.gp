# How every figure looks, and how its two halves meet.
#
# NAME.sql holds one or more SELECTs, each ended by a semicolon. They are run on the database, and
# NAME.gp is then loaded with these variables:
#
#   data1, data2, …      file of the rows of the first, second, … SELECT, columns between tabs. Where
#                        the first column changes its text a new block begins (gnuplot's `index`); it
#                        is headed by that text, which `title columnheader(1)` shows. Numbers are
#                        columns 2, 3, ….
#   blocks1, blocks2, …  how many blocks there are, 0: no rows
#   $name                a SELECT whose columns are all named `$…` is of one row, and gives strings:
#                        `AS "$title"` sets the variable `title`
#   file                 the name of the database
#
# A figure whose first SELECT has no rows is drawn as a note that says so. Lines and points are told
# apart without colour: dash types and symbols differ, and the colours differ in lightness.
set encoding utf8
set border 3 linewidth 1.2
set tics nomirror out scale 0.6
set grid ytics linetype 1 linewidth 1 dashtype 1 linecolor rgb "#cccccc"
set key outside right center vertical Left reverse samplen 4 spacing 1.5
set title font ",17" offset 0,0.3
set bmargin 5
set lmargin 12
set bars 0.7

set linetype 1 linecolor rgb "#000000" linewidth 2 dashtype 1         pointtype 7  pointsize 1.3
set linetype 2 linecolor rgb "#c1440e" linewidth 2 dashtype (12,5)    pointtype 4  pointsize 1.5
set linetype 3 linecolor rgb "#1b6ca8" linewidth 2 dashtype (3,4)     pointtype 9  pointsize 1.5
set linetype 4 linecolor rgb "#6a9a1f" linewidth 2 dashtype (12,4,3,4) pointtype 12 pointsize 1.7
set linetype 5 linecolor rgb "#8e4b9e" linewidth 2 dashtype (20,6)    pointtype 5  pointsize 1.3
set linetype 6 linecolor rgb "#b8860b" linewidth 2 dashtype (3,3,3,9) pointtype 10 pointsize 1.6
set linetype 7 linecolor rgb "#3a3a3a" linewidth 2 dashtype (9,9)     pointtype 2  pointsize 1.5
set linetype 8 linecolor rgb "#00897b" linewidth 2 dashtype (16,4,3,4,3,4) pointtype 6 pointsize 1.5
set linetype cycle 8
# Theory: thin and grey, without points.
set style line 20 linecolor rgb "#707070" linewidth 1.6 dashtype 1
set style line 21 linecolor rgb "#707070" linewidth 1.6 dashtype (8,6)

set title "How many packets does a connection take?\n".verdict
set xlabel "packets of one connection, both directions, one Child SA"
set xrange [0:*]
set yrange [0.3:*]
set offsets 0, graph 0.08, 0.6, 0
set lmargin 18
set grid xtics noytics
set key inside right bottom vertical Right noreverse samplen 3 spacing 1.4
set boxwidth 0.6
set label 90 note at screen 0.01,0.025 font ",11"
# A bar to the least; a thin one on to the most, when certificates or fragments change it.
plot data1 index 0 using (0.5*$3):2:(0.5*$3):(0.3):ytic(5) every ::1 with boxxyerror fillstyle solid 0.35 linetype 3 title "least: short chain, large fragments", \
     data1 index 0 using ($3 == $4 ? NaN : 0.5*($3+$4)):2:(0.5*($4-$3)):(0.15) every ::1 with boxxyerror fillstyle pattern 4 linetype 2 title "most: long chain, small fragments", \
     data1 index 0 using 4:2:($3 == $4 ? sprintf("%g", $3) : sprintf("%g to %g", $3, $4)) every ::1 with labels left offset 0.8,0 font ",12" notitle

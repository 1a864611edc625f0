set title "How often does a new request find the table of half-open SAs full?\n".verdict
set xlabel "load offered: flood rate x time held / places in the table"
set ylabel "new requests refused, %"
set xrange [0:*]
set yrange [0:100]
set key inside right bottom vertical Left reverse samplen 4 spacing 1.4
set label 90 note at screen 0.01,0.025 font ",11"
set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead dashtype (3,5) linecolor rgb "#909090"
set label 92 "flood = places / time held" at first 1.05, graph 0.05 font ",12" textcolor rgb "#505050"
plot for [i=0:blocks2-1] data2 index i using 2:3 with lines linestyle 20+(i%2) title columnheader(1), \
     for [i=0:blocks1-1] data1 index i using 2:3:4:5 with yerrorbars linetype i+1 title columnheader(1)

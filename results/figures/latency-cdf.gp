set title "How long does a tunnel take under a flood of ".rate."?"
set xlabel "tunnel set-up time, milliseconds"
set ylabel "successful attempts set up within that time, %"
set logscale x
set yrange [0:101]
set ytics 0,20,100
set grid xtics ytics linewidth 0.6 linecolor rgb "#d0d0d0"
set key title "cookies asked for" left
set label 90 note at screen 0.01,0.025 font ",11"
plot for [i=0:blocks1-1] data1 index i using 2:3 with linespoints linetype i+1 pointinterval 60 pointsize 1.3 title columnheader(1)

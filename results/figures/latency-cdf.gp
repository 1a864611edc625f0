set title "How long does a tunnel take under a flood of ".rate."?"
set xlabel "tunnel set-up time, milliseconds"
set ylabel "successful attempts set up within that time, %"
set logscale x
set yrange [0:101]
set ytics 0,20,100
set grid xtics
set key title "cookies are asked for\nfrom N half-open SAs\non, N =" left
set label 90 note at screen 0.01,0.025 font ",11"
# Symbols apart from the lines, each curve's at places of its own, so that curves that fall together show.
plot for [i=0:blocks1-1] data1 index i using 2:3 with lines linetype i+1 notitle, \
     for [i=0:blocks1-1] data1 index i using 2:3 every 60::(5+12*i) with points linetype i+1 notitle, \
     for [i=0:blocks1-1] data1 index i using 2:3 every ::1::1 with linespoints linetype i+1 title columnheader(1)

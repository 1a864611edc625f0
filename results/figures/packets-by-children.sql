-- Packets of a connection over its Child SAs, a line for each method; of those with certificates the
-- shortest chain and largest fragment. Columns: method, Child SAs, packets, low, high.
WITH each AS (
    SELECT a.text AS method, n.number AS children, m.mean / 1e3 AS packets, m.low / 1e3 AS low,
           m.high / 1e3 AS high,
           row_number() OVER (PARTITION BY a.text, n.number ORDER BY m.mean) AS place
    FROM mean AS m
    JOIN param AS a ON a.point = m.point AND a.path LIKE 'clients.%.auth'
    JOIN param AS n ON n.point = m.point AND n.path LIKE 'clients.%.children'
    WHERE m.who = '*' AND m.metric = 'packets_per_connection'),
-- Methods whose lines would hide each other share one; of more than three the first two are named.
line AS (SELECT method, group_concat(packets) OVER (PARTITION BY method ORDER BY children
         ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS course,
         children, packets, low, high FROM each WHERE place = 1),
numbered AS (SELECT *, row_number() OVER (PARTITION BY course, children ORDER BY method) AS place,
             count(*) OVER (PARTITION BY course, children) AS many FROM line),
named AS (SELECT course, children, packets, low, high, group_concat(method, ', ')
                 || iif(many > 3, ' and ' || (many - 2) || ' more', '') AS methods
          FROM (SELECT * FROM numbered WHERE many <= 3 OR place <= 2 ORDER BY method)
          GROUP BY course, children)
SELECT methods, children, packets, low, high FROM named
ORDER BY max(packets) OVER (PARTITION BY course) DESC, methods, children;
SELECT iif(count(*) = 0, 'not checked', iif(min(pass), 'PASS', 'FAIL') || ': ' || sum(pass) || ' of '
       || count(*) || ' points take what a count by hand of RFC 7296 says') AS "$verdict"
FROM "check" WHERE theory = 'packet-count';
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit"
       AS "$note" FROM study;

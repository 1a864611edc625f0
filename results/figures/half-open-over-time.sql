-- Half-open SAs at the largest flood, mean over seeds. Columns: threshold, seconds, mean.
WITH largest AS (SELECT point, label, at FROM flood LEFT JOIN threshold USING (point)
                 WHERE rate IS (SELECT max(rate) FROM flood)),
levels AS (
    SELECT run, at_ns, sum(value) AS value FROM series WHERE series = 'half_open' GROUP BY run, at_ns)
SELECT coalesce(label, 'default') AS label, at_ns / 1e9, avg(value)
FROM levels JOIN run USING (run) JOIN largest USING (point)
GROUP BY point, at_ns ORDER BY coalesce(at, 1e18) DESC, label, at_ns;
SELECT text AS "$rate",
       coalesce((SELECT number FROM param AS p WHERE p.point = f.point
                 AND path = replace(f.path, '.rate', '.from')), -1) AS "$attack_from",
       coalesce((SELECT number FROM param AS p WHERE p.point = f.point
                 AND path = replace(f.path, '.rate', '.until')), -1) AS "$attack_until"
FROM flood AS f ORDER BY rate DESC LIMIT 1;
SELECT experiment || ', mean of '
       || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point)) || ' seeds; ikelab '
       || version || ' ' || "commit" AS "$note" FROM study;

-- Packets of a connection by how clients authenticate, with one Child SA: from the shortest certificate
-- chain and largest EAP fragment swept to the other end. Columns: chain, place, least, most, method.
WITH each AS (
    SELECT m.point, m.mean / 1e3 AS packets, a.text AS method,
           row_number() OVER (PARTITION BY m.point ORDER BY a.path) AS place
    FROM mean AS m JOIN param AS a USING (point)
    WHERE m.who = '*' AND m.metric = 'packets_per_connection' AND a.path LIKE 'clients.%.auth'
          AND coalesce((SELECT max(number) FROM param AS n WHERE n.point = m.point
                        AND n.path LIKE 'clients.%.children'), 1) = 1),
methods AS (
    SELECT method, min(packets) AS least, max(packets) AS most FROM each WHERE place = 1 GROUP BY method)
SELECT 'least', row_number() OVER (ORDER BY most, least, method), least, most, method FROM methods;
SELECT iif(count(*) = 0, 'not checked', iif(min(pass), 'PASS', 'FAIL') || ': ' || sum(pass) || ' of '
       || count(*) || ' points take what a count by hand of RFC 7296 says') AS "$verdict"
FROM "check" WHERE theory = 'packet-count';
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit"
       AS "$note" FROM study;

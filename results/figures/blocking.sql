-- New requests that find the table full, over the load offered to it: flood x timeout / places.
-- Columns of the first: name, load, percent, low, high; of the second: name, load, percent.
WITH load AS (
    SELECT f.point, rate, n.number AS places, t.number AS held, rate * t.number / n.number AS load
    FROM flood AS f
    JOIN param AS n ON n.point = f.point AND n.path LIKE 'gateways.%.half_open.limit'
    JOIN param AS t ON t.point = f.point AND t.path LIKE 'gateways.%.half_open.timeout')
SELECT 'measured, ' || cast(places AS INTEGER) || ' places', load, mean / 1e4, max(low, 0) / 1e4,
       min(high, 1e6) / 1e4
FROM load JOIN mean USING (point)
WHERE who = '*' AND metric = 'half_open_refused_share' AND places > 0
      AND (point IN (SELECT point FROM theory WHERE theory = 'erlang-b')
           OR NOT EXISTS (SELECT 1 FROM theory WHERE theory = 'erlang-b'))
ORDER BY places, load;
-- Erlang's formula: B(0) = 1, B(n) = aB(n-1) / (n + aB(n-1)), a = load x places.
WITH RECURSIVE load AS (
    SELECT DISTINCT cast(n.number AS INTEGER) AS places
    FROM param AS n WHERE n.path LIKE 'gateways.%.half_open.limit' AND n.number BETWEEN 1 AND 20000),
range AS (
    SELECT max(f.rate * t.number / n.number) AS most FROM flood AS f
    JOIN param AS n ON n.point = f.point AND n.path LIKE 'gateways.%.half_open.limit'
    JOIN param AS t ON t.point = f.point AND t.path LIKE 'gateways.%.half_open.timeout'),
step(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM step WHERE i < 100),
erlang(places, load, n, b) AS (
    SELECT places, most * 1.05 * i / 100, 0, 1.0 FROM load, range, step
    UNION ALL
    SELECT places, load, n + 1, load * places * b / (n + 1 + load * places * b)
    FROM erlang WHERE n < places)
SELECT 'Erlang B, ' || places || ' places', load, 100 * b FROM erlang WHERE n = places
ORDER BY places, load;
SELECT iif(count(*) = 0, 'not checked', iif(min(pass), 'PASS', 'FAIL') || ': ' || sum(pass) || ' of '
       || count(*) || ' points agree with Erlang B within tolerance') AS "$verdict"
FROM "check" WHERE theory = 'erlang-b';
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit"
       AS "$note" FROM study;

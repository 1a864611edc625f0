-- Requests a gateway serves in a second when it is given more than it can, by key exchange, with and
-- without cookies. Columns: name, place on the axis, requests a second, low, high, key exchange,
-- prediction.
WITH point_group AS (
    SELECT point, max(swept) AS swept,
           replace(text, rtrim(text, replace(text, '-', '')), '') AS name
    FROM param WHERE path LIKE '%.proposals' GROUP BY point),
length AS (SELECT point, number AS seconds FROM param WHERE path = 'for'),
place AS (
    SELECT name, row_number() OVER (ORDER BY max(iif(theory = 'saturation-without', value, NULL)) DESC,
           name) AS place
    FROM theory JOIN point_group USING (point) WHERE theory LIKE 'saturation-with%' GROUP BY name)
SELECT iif(theory = 'saturation-without', 'no cookies', 'cookies always') AS label, place.place,
       mean / seconds, low / seconds, high / seconds, name, value / seconds
FROM theory JOIN mean USING (point, metric) JOIN length USING (point) JOIN point_group USING (point)
     JOIN place USING (name)
WHERE theory LIKE 'saturation-with%' AND metric = 'served' AND who = '*'
ORDER BY label DESC, place.place;
WITH point_group AS (
    SELECT point, max(swept) AS swept,
           replace(text, rtrim(text, replace(text, '-', '')), '') AS name
    FROM param WHERE path LIKE '%.proposals' GROUP BY point),
length AS (SELECT point, number AS seconds FROM param WHERE path = 'for'),
place AS (
    SELECT name, row_number() OVER (ORDER BY max(iif(theory = 'saturation-without', value, NULL)) DESC,
           name) AS place
    FROM theory JOIN point_group USING (point) WHERE theory LIKE 'saturation-with%' GROUP BY name)
SELECT 'ticks', place, name FROM place ORDER BY place;
SELECT iif(count(*) = 0, 'not checked', iif(min(pass), 'PASS', 'FAIL') || ': ' || sum(pass) || ' of '
       || count(*) || ' rates are as the cost profiles predict, within tolerance') AS "$verdict"
FROM "check" WHERE theory LIKE 'saturation-with%';
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit"
       AS "$note" FROM study;

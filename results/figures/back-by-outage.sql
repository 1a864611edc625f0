-- After how long clients whose gateway went have a tunnel again, over how long it is away, a line for each way to
-- tell that it is gone. Columns: way, seconds away, seconds, low, high.
WITH span AS (SELECT point, trim(substr(text, 3, instr(text, ',') - 3)) AS since,
                     trim(rtrim(substr(text, instr(text, ',') + 1), ' ]')) AS until
              FROM param WHERE path LIKE 'gateways.%.outages' AND text LIKE '[[%]]' AND text NOT LIKE '%],%'),
unit(name, seconds) AS (VALUES ('us', 1e-6), ('ms', 1e-3), ('s', 1.0), ('min', 60.0), ('h', 3600.0)),
away AS (SELECT point, cast(until AS REAL) * u.seconds - cast(since AS REAL) * s.seconds AS seconds
         FROM span JOIN unit AS u ON u.name = ltrim(until, '0123456789.')
         JOIN unit AS s ON s.name = ltrim(since, '0123456789.')),
way AS (SELECT point,
               coalesce((SELECT max(text) FROM param AS p WHERE p.point = away.point
                         AND path LIKE 'clients.%.hints' AND text <> 'off'), '') AS hints,
               coalesce((SELECT min(text = 'yes') FROM param AS p WHERE p.point = away.point
                         AND (path LIKE '%.crash_tokens' OR path LIKE 'gateways.%.tell_unknown')), 0) AS tokens
        FROM away)
SELECT CASE WHEN hints = '' AND NOT tokens THEN 'silence alone' WHEN NOT tokens THEN 'hints by ICMP after ' || hints
            WHEN hints = '' THEN 'tokens (RFC 6290)' ELSE 'both' END,
       away.seconds, m.mean / 1e9, m.low / 1e9, m.high / 1e9
FROM away JOIN way USING (point) JOIN mean AS m ON m.point = away.point AND m.who = '*' AND m.metric = 'back_mean'
ORDER BY tokens, hints <> '', hints, away.seconds;
SELECT coalesce((SELECT iif(count(*) = 0, 'not checked', iif(min(pass), 'PASS', 'FAIL') || ': '
       || sum(pass) || ' of ' || count(*) || ' points agree with the closed form')
       FROM "check" WHERE theory = 'back-again'), '') AS "$verdict";
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit" AS "$note" FROM study;

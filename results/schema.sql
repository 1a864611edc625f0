-- The schema of an ikelab database, version 1: one file for each `ikelab run`.
--
-- Times are nanoseconds of virtual time since the run began, shares are parts
-- per million. Everything but `machine` repeats to the last digit when the
-- same study is run again, unless it ran in real time (network live); REAL stands only in `param`, `check`, `theory` and
-- in views. A run's number is point x seeds + seed.

PRAGMA application_id = 0x696b656c; -- "ikel"
PRAGMA user_version = 2;

-- What was asked, and by which program: one row.
CREATE TABLE study(
    experiment  TEXT NOT NULL,
    question    TEXT NOT NULL,
    config_text TEXT NOT NULL, -- the experiment file with --set applied
    config_hash TEXT NOT NULL,
    version     TEXT NOT NULL,
    "commit"    TEXT NOT NULL,
    compiler    TEXT NOT NULL,
    provider    TEXT NOT NULL, -- of cryptography: openssl or modelled
    openssl     TEXT NOT NULL, -- the version of the library
    ns3         TEXT NOT NULL, -- its release, where there are runs on ns-3; else empty
    daemons     TEXT NOT NULL, -- real ones in it, each with its version, between commas; else empty
    points      INTEGER NOT NULL,
    seeds       INTEGER NOT NULL,
    figures     TEXT NOT NULL  -- names of those it lists, between blanks
);

-- The parameters of each point of the sweep; `swept` is 1 for those that vary.
CREATE TABLE param(
    point  INTEGER NOT NULL,
    path   TEXT NOT NULL,
    text   TEXT NOT NULL,
    number REAL, -- in the base unit of the key; NULL when it is no number
    swept  INTEGER NOT NULL,
    PRIMARY KEY(point, path)
) WITHOUT ROWID;

-- The runs that finished.
CREATE TABLE run(
    run         INTEGER PRIMARY KEY,
    point       INTEGER NOT NULL,
    seed        INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, -- of the whole event trace
    events      INTEGER NOT NULL
);

-- What differs between machines and from time to time.
CREATE TABLE machine(
    run     INTEGER PRIMARY KEY,
    wall_ns INTEGER NOT NULL,
    cpu_ns  INTEGER NOT NULL,
    jobs    INTEGER NOT NULL
);

CREATE TABLE metric_kind(
    metric  TEXT PRIMARY KEY,
    unit    TEXT NOT NULL,
    kind    TEXT NOT NULL, -- COUNT: total of a run, GAUGE: level, SHARE, TIME
    who     TEXT NOT NULL, -- whose metric it is
    meaning TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE metric(
    run    INTEGER NOT NULL,
    who    TEXT NOT NULL, -- the name of the gateway, population, attacker
    metric TEXT NOT NULL,
    value  INTEGER NOT NULL,
    PRIMARY KEY(run, who, metric)
) WITHOUT ROWID;

CREATE TABLE series_kind(
    series  TEXT PRIMARY KEY,
    unit    TEXT NOT NULL,
    meaning TEXT NOT NULL
) WITHOUT ROWID;

-- Levels, sampled.
CREATE TABLE series(
    run    INTEGER NOT NULL,
    who    TEXT NOT NULL,
    series TEXT NOT NULL,
    at_ns  INTEGER NOT NULL,
    value  INTEGER NOT NULL,
    PRIMARY KEY(run, who, series, at_ns)
) WITHOUT ROWID;

-- Each attempt of each client.
CREATE TABLE handshake(
    run             INTEGER NOT NULL,
    number          INTEGER NOT NULL, -- in the order in which they ended
    who             TEXT NOT NULL,
    client          INTEGER NOT NULL,
    start_ns        INTEGER NOT NULL,
    end_ns          INTEGER,          -- NULL when censored
    outcome         TEXT NOT NULL,    -- succeeded, failed, censored
    phase           TEXT NOT NULL,    -- before, during, after the attack, at its start
    reason          TEXT NOT NULL,    -- ok, or why it failed
    notify          INTEGER NOT NULL, -- the error notify that ended it, or 0
    retransmissions INTEGER NOT NULL,
    cookies         INTEGER NOT NULL, -- COOKIE answers
    "groups"        INTEGER NOT NULL, -- INVALID_KE_PAYLOAD answers
    round_trips     INTEGER NOT NULL, -- exchanges completed
    patience_over   INTEGER NOT NULL, -- 1: the client gave up waiting
    PRIMARY KEY(run, number)
) WITHOUT ROWID;

-- How often a request was refused, or a datagram lost, and why.
CREATE TABLE refusal(
    run    INTEGER NOT NULL,
    who    TEXT NOT NULL,
    reason TEXT NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY(run, who, reason)
) WITHOUT ROWID;

-- Datagrams seen at a gateway's interface, of the runs that are traced.
CREATE TABLE message(
    run       INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    at_ns     INTEGER NOT NULL,
    who       TEXT NOT NULL,
    inbound   INTEGER NOT NULL,
    from_ip   TEXT NOT NULL,
    from_port INTEGER NOT NULL,
    to_ip     TEXT NOT NULL,
    to_port   INTEGER NOT NULL,
    fate      TEXT NOT NULL, -- sent, accepted, or the reason for which it was refused
    text      TEXT NOT NULL, -- its exchange and payloads
    bytes     BLOB NOT NULL, -- UDP payload
    PRIMARY KEY(run, number)
) WITHOUT ROWID;

-- What a closed form predicts for a point, in the metric's unit.
CREATE TABLE theory(
    point  INTEGER NOT NULL,
    theory TEXT NOT NULL,
    metric TEXT NOT NULL,
    value  REAL,
    PRIMARY KEY(point, theory, metric)
) WITHOUT ROWID;

-- Checks, judged. low to high: the 95 % interval of the mean over seeds; where points are compared, of what they differ by
-- seed by seed, added to what is expected.
CREATE TABLE "check"(
    number    INTEGER PRIMARY KEY,
    name      TEXT NOT NULL,
    metric    TEXT NOT NULL,
    theory    TEXT NOT NULL, -- or the rule's text
    point     INTEGER,       -- NULL: over several points
    expected  REAL,
    measured  REAL,
    low       REAL,
    high      REAL,
    tolerance REAL,
    pass      INTEGER NOT NULL
);

-- Student's t: 97.5 % quantiles by degrees of freedom. Between rows the one above holds.
CREATE TABLE student(df INTEGER PRIMARY KEY, t REAL NOT NULL);
INSERT INTO student VALUES
    (1, 12.706205), (2, 4.302653), (3, 3.182446), (4, 2.776445), (5, 2.570582), (6, 2.446912),
    (7, 2.364624), (8, 2.306004), (9, 2.262157), (10, 2.228139), (11, 2.200985), (12, 2.178813),
    (13, 2.160369), (14, 2.144787), (15, 2.131450), (16, 2.119905), (17, 2.109816), (18, 2.100922),
    (19, 2.093024), (20, 2.085963), (21, 2.079614), (22, 2.073873), (23, 2.068658), (24, 2.063899),
    (25, 2.059539), (26, 2.055529), (27, 2.051831), (28, 2.048407), (29, 2.045230), (30, 2.042272),
    (40, 2.021075), (60, 2.000298), (120, 1.979930), (1000, 1.962339), (100000, 1.959988);

-- Each point in words: "flood.rate=500/s cookies.at=10".
CREATE VIEW points AS
SELECT point, group_concat(path || '=' || text, ' ') AS label
FROM (SELECT point, path, text FROM param WHERE swept ORDER BY point, path)
GROUP BY point;

-- The flood of each point: the rate that is swept, or else the first.
CREATE VIEW flood AS
SELECT point, number AS rate, text, path, max(swept) AS swept FROM param
WHERE path LIKE 'attackers.%.rate' GROUP BY point;

-- The cookie threshold of each point, and its name in figures, which says too where one list has all half-open SAs while it
-- has not elsewhere; `at` is NULL for never.
CREATE VIEW threshold AS
SELECT point, number AS at, text, path, max(swept) AS swept,
       iif(number = 0, '0 (always)', text) ||
       iif(EXISTS (SELECT 1 FROM param AS l WHERE l.point = p.point AND l.path LIKE 'gateways.%.half_open.lists'
                   AND l.swept AND l.number = 1), ', 1 list', '') AS label
FROM param AS p WHERE path LIKE 'gateways.%.cookies.at' GROUP BY point;

-- Each run's metrics; who '*' is everyone together: totals summed, shares and times averaged.
CREATE VIEW value AS
SELECT run, point, who, metric, value FROM metric JOIN run USING (run)
UNION ALL
SELECT run, point, '*', metric, iif(kind IN ('COUNT', 'GAUGE'), total(value), avg(value))
FROM metric JOIN run USING (run) JOIN metric_kind USING (metric) GROUP BY run, metric;

-- Mean over seeds of each metric at each point, with its 95 % interval.
CREATE VIEW mean AS
WITH each AS (
    SELECT point, who, metric, value,
           avg(value) OVER (PARTITION BY point, who, metric) AS mean
    FROM value),
squares AS (
    SELECT point, who, metric, count(*) AS seeds, max(mean) AS mean,
           total((value - mean) * (value - mean)) AS square
    FROM each GROUP BY point, who, metric),
widths AS (
    SELECT *, iif(seeds < 2, 0.0, sqrt(square / (seeds - 1) / seeds)
              * (SELECT t FROM student WHERE df < seeds ORDER BY df DESC LIMIT 1)) AS half
    FROM squares)
SELECT point, who, metric, seeds, mean, mean - half AS low, mean + half AS high FROM widths;

-- Who gets through, in percent: `during` is of attempts begun while some attacker sends.
CREATE VIEW success AS
SELECT label, w.point, w.who, w.seeds, round(w.mean / 1e4, 3) AS percent,
       round(max(w.low, 0) / 1e4, 3) AS low, round(min(w.high, 1e6) / 1e4, 3) AS high,
       round(d.mean / 1e4, 3) AS during, round(max(d.low, 0) / 1e4, 3) AS during_low,
       round(min(d.high, 1e6) / 1e4, 3) AS during_high
FROM mean AS w LEFT JOIN mean AS d
     ON d.point = w.point AND d.who = w.who AND d.metric = 'success_share_during'
     LEFT JOIN points ON points.point = w.point
WHERE w.metric = 'success_share' AND w.who <> '*' ORDER BY w.point, w.who;

-- How long a tunnel takes, in milliseconds, successes only.
CREATE VIEW setup_time AS
SELECT label, point, who, max(seeds) AS seeds,
       round(max(iif(metric = 'tunnel_setup_time_p50', mean, NULL)) / 1e6, 3) AS p50_ms,
       round(max(iif(metric = 'tunnel_setup_time_p95', mean, NULL)) / 1e6, 3) AS p95_ms,
       round(max(iif(metric = 'tunnel_setup_time_p99', mean, NULL)) / 1e6, 3) AS p99_ms
FROM mean LEFT JOIN points USING (point)
WHERE metric LIKE 'tunnel_setup_time_p%' AND who <> '*' GROUP BY point, who ORDER BY point, who;

-- What was refused or lost and why: mean of a run, and share of all that the same one refused.
CREATE VIEW refusals AS
WITH placed AS (
    SELECT point, who, reason, sum(count) AS count FROM refusal JOIN run USING (run)
    GROUP BY point, who, reason),
sizes AS (SELECT point, count(*) AS seeds FROM run GROUP BY point)
SELECT label, point, who, reason, round(count * 1.0 / seeds, 1) AS mean_count,
       round(100.0 * count / sum(count) OVER (PARTITION BY point, who), 2) AS percent
FROM placed JOIN sizes USING (point) LEFT JOIN points USING (point)
ORDER BY point, who, count DESC, reason;

-- Levels over time: mean, least and most over the seeds.
CREATE VIEW timeline AS
SELECT label, point, who, series, at_ns / 1e9 AS at_s, avg(value) AS mean, min(value) AS least,
       max(value) AS most
FROM series JOIN run USING (run) LEFT JOIN points USING (point)
GROUP BY point, who, series, at_ns;

-- The checks, in words.
CREATE VIEW checks AS
SELECT iif(pass, 'PASS', 'FAIL') AS verdict, name, metric, theory AS rule, coalesce(label, '') AS label,
       expected, measured, low, high, tolerance, unit
FROM "check" LEFT JOIN points USING (point) LEFT JOIN metric_kind USING (metric)
ORDER BY "check".number;

-- What is to be known before a point's rows are believed, and of how many of its runs: real time was not kept, a stand-in
-- answered for the kernel, a daemon had no CPUs to itself.
CREATE VIEW marks AS
WITH sizes AS (SELECT point, count(*) AS seeds FROM run GROUP BY point)
SELECT label, point, CASE metric WHEN 'late' THEN 'late' WHEN 'stand_in' THEN 'stand-in' ELSE 'shared CPUs' END AS mark,
       count(DISTINCT run) AS runs, max(seeds) AS seeds
FROM metric JOIN run USING (run) JOIN sizes USING (point) LEFT JOIN points USING (point)
WHERE metric IN ('late', 'stand_in', 'cpus_shared') AND value > 0 GROUP BY point, metric ORDER BY point, mark;

-- What a study says, one row a point; the view `answer` puts the swept parameters before it.
CREATE VIEW answer_of_points AS
WITH wide AS (
    SELECT point, max(seeds) AS seeds,
           max(iif(metric = 'success_share', mean, NULL)) AS s,
           max(iif(metric = 'success_share', low, NULL)) AS s_low,
           max(iif(metric = 'success_share', high, NULL)) AS s_high,
           max(iif(metric = 'success_share_during', mean, NULL)) AS d,
           max(iif(metric = 'success_share_during', low, NULL)) AS d_low,
           max(iif(metric = 'success_share_during', high, NULL)) AS d_high,
           max(iif(metric = 'tunnel_setup_time_p50', mean, NULL)) AS p50,
           max(iif(metric = 'tunnel_setup_time_p95', mean, NULL)) AS p95,
           max(iif(metric = 'half_open_max', mean, NULL)) AS half_open,
           max(iif(metric = 'half_open_refused_share', mean, NULL)) AS refused,
           max(iif(metric = 'wait_mean', mean, NULL)) AS wait,
           max(iif(metric = 'cpu_share', mean, NULL)) AS cpu,
           max(iif(metric = 'cpu_share_during', mean, NULL)) AS cpu_during,
           max(iif(metric = 'inbox_drops', mean, NULL)) AS drops,
           max(iif(metric = 'memory_max', mean, NULL)) AS memory
    FROM mean WHERE who = '*' GROUP BY point),
marked AS (
    SELECT point, group_concat(mark || iif(runs < seeds, ' ' || runs || '/' || seeds, ''), ', ') AS marks
    FROM (SELECT point, mark, runs, seeds FROM marks ORDER BY point, mark) GROUP BY point)
SELECT point, seeds,
       round(coalesce(d, s) / 1e4, 1) AS "success %",
       round(max(coalesce(d_low, s_low), 0) / 1e4, 1) AS "from",
       round(min(coalesce(d_high, s_high), 1e6) / 1e4, 1) AS "to",
       round(p50 / 1e6, 1) AS "setup p50 ms", round(p95 / 1e6, 1) AS "p95 ms",
       round(half_open, 1) AS "half-open max", round(refused / 1e4, 2) AS "refused %",
       round(wait / 1e3, 1) AS "wait us", round(coalesce(cpu_during, cpu) / 1e4, 1) AS "cpu %",
       round(drops, 1) AS "inbox drops", round(memory / 1024, 1) AS "memory KiB",
       marks
FROM wide LEFT JOIN marked USING (point) ORDER BY point;

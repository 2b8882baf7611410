-- From findings to controls. Filled once per report, after the checks. The first rule that fits decides:
--   1. declared not applicable in the engagement file                    not applicable
--      (by name; or asked of service providers only and the entity is declared a merchant; or outside the declared baseline)
--   2. a direct test fails                                               exceptions noted
--   3. a direct test was not assessed, not run, or its population is not known   not assessed
--   4. every direct test that found a subject passes                     no exceptions noted in the part tested
--   5. otherwise (only supporting or informing tests, none, or nothing in scope to test)   to be shown by hand
-- A test is check x subject: all counts are numbers of tests. A direct test that rests on a threshold which the
-- organisation has not adopted counts as supporting (effective_relation). Informing tests are counted nowhere.

-- One row per relation: the check's counts, seen from the control. population NULL: not known, so no total is printed.
CREATE TABLE control_test(
  framework          TEXT NOT NULL,
  control            TEXT NOT NULL,
  position           INTEGER NOT NULL,
  check_id           TEXT NOT NULL,
  relation           TEXT NOT NULL,      -- D, S, I as mapped
  effective_relation TEXT NOT NULL,      -- D falls to S while a threshold is not adopted
  not_adopted        TEXT NOT NULL,      -- names of those thresholds, comma separated, or ''
  run                INTEGER NOT NULL,   -- 0: the check was not run
  population         INTEGER,            -- subjects; NULL: not known
  assessed           INTEGER NOT NULL,   -- pass + fail
  pass               INTEGER NOT NULL,
  fail               INTEGER NOT NULL,
  not_applicable     INTEGER NOT NULL,
  not_assessed       INTEGER NOT NULL,
  attested           INTEGER NOT NULL,
  part               TEXT NOT NULL,
  rest               TEXT NOT NULL,
  PRIMARY KEY (framework, control, check_id)
) STRICT;

INSERT INTO control_test
SELECT r.framework, r.control, r.position, r.check_id, r.relation,
       CASE WHEN r.relation = 'D' AND t.names IS NOT NULL THEN 'S' ELSE r.relation END,
       coalesce(t.names, ''),
       c.check_id IS NOT NULL,
       CASE WHEN c.population_known THEN c.population END,
       coalesce(c.pass, 0) + coalesce(c.fail, 0), coalesce(c.pass, 0), coalesce(c.fail, 0),
       coalesce(c.not_applicable, 0), coalesce(c.not_assessed, 0), coalesce(c.attested, 0),
       r.part, r.rest
  FROM relation r
  LEFT JOIN check_count c ON c.check_id = r.check_id
  LEFT JOIN (SELECT check_id, group_concat(name, ', ') AS names
               FROM (SELECT k.check_id, k.name FROM check_threshold k LEFT JOIN policy p ON p.name = k.name
                      WHERE coalesce(p.adopted, 0) = 0 ORDER BY 1, 2)
              GROUP BY check_id) t ON t.check_id = r.check_id
 ORDER BY 1, 2, 3;

-- One row per control of every loaded framework, those without any test too.
CREATE TABLE control_result(
  framework         TEXT NOT NULL,
  control           TEXT NOT NULL,
  position          INTEGER NOT NULL,
  status            TEXT NOT NULL CHECK (status IN ('not-applicable', 'exceptions', 'not-assessed', 'no-exceptions', 'by-hand')),
  status_words      TEXT NOT NULL,      -- as printed
  reason            TEXT NOT NULL,      -- one sentence: which rule and why
  approver          TEXT NOT NULL,      -- of a declared not-applicable, else ''
  -- direct tests
  direct_checks       INTEGER NOT NULL, -- number of checks
  direct_population   INTEGER,          -- NULL: not known
  direct_pass         INTEGER NOT NULL,
  direct_fail         INTEGER NOT NULL,
  direct_not_applicable INTEGER NOT NULL,
  direct_not_assessed INTEGER NOT NULL,
  direct_attested     INTEGER NOT NULL,
  -- supporting tests, mapped so or demoted; they never decide
  supporting_checks       INTEGER NOT NULL,
  supporting_population   INTEGER,      -- NULL: not known
  supporting_pass         INTEGER NOT NULL,
  supporting_fail         INTEGER NOT NULL,
  supporting_not_applicable INTEGER NOT NULL,
  supporting_not_assessed INTEGER NOT NULL,
  supporting_attested     INTEGER NOT NULL,
  informing_checks  INTEGER NOT NULL,
  -- direct and supporting together
  population        INTEGER,            -- NULL: not known
  assessed          INTEGER NOT NULL,
  pass              INTEGER NOT NULL,
  fail              INTEGER NOT NULL,
  not_applicable    INTEGER NOT NULL,
  not_assessed      INTEGER NOT NULL,
  attested          INTEGER NOT NULL,
  PRIMARY KEY (framework, control)
) STRICT;

WITH side AS (
  SELECT framework, control, effective_relation AS side, count(*) AS checks,
         sum(run) AS run, CASE WHEN count(population) = count(*) THEN sum(population) END AS population,
         sum(pass) AS pass, sum(fail) AS fail, sum(not_applicable) AS na, sum(not_assessed) AS gone, sum(attested) AS attested
    FROM control_test GROUP BY framework, control, effective_relation
), entity AS (
  SELECT max(CASE name WHEN 'entity-type' THEN value END) AS kind, max(CASE name WHEN 'baseline' THEN value END) AS baseline
    FROM engagement
), row AS (
  SELECT c.framework, c.id AS control, c.position, c.service_provider, c.low,
         n.reason AS declared, n.approver, entity.kind, entity.baseline,
         CASE entity.baseline WHEN 'low' THEN c.low WHEN 'moderate' THEN c.moderate WHEN 'high' THEN c.high END AS member,
         coalesce(d.checks, 0) AS dc, coalesce(d.run, 0) AS dr, CASE WHEN d.checks IS NULL THEN 0 ELSE d.population END AS dp,
         coalesce(d.pass, 0) AS dpass, coalesce(d.fail, 0) AS dfail, coalesce(d.na, 0) AS dna,
         coalesce(d.gone, 0) AS dgone, coalesce(d.attested, 0) AS datt,
         coalesce(s.checks, 0) AS sc, CASE WHEN s.checks IS NULL THEN 0 ELSE s.population END AS sp,
         coalesce(s.pass, 0) AS spass, coalesce(s.fail, 0) AS sfail, coalesce(s.na, 0) AS sna,
         coalesce(s.gone, 0) AS sgone, coalesce(s.attested, 0) AS satt,
         coalesce(i.checks, 0) AS ic,
         (SELECT count(*) FROM control_test t WHERE t.framework = c.framework AND t.control = c.id
             AND t.relation = 'D' AND t.effective_relation = 'S') AS demoted
    FROM control c CROSS JOIN entity
    LEFT JOIN not_applicable n ON n.framework = c.framework AND n.control = c.id
    LEFT JOIN side d ON d.framework = c.framework AND d.control = c.id AND d.side = 'D'
    LEFT JOIN side s ON s.framework = c.framework AND s.control = c.id AND s.side = 'S'
    LEFT JOIN side i ON i.framework = c.framework AND i.control = c.id AND i.side = 'I'
), ruled AS (
  SELECT *, CASE
      WHEN declared IS NOT NULL OR (service_provider AND kind = 'merchant') OR member = 0 THEN 'not-applicable'
      WHEN dfail > 0 THEN 'exceptions'
      WHEN dc > 0 AND (dgone > 0 OR dp IS NULL OR dr < dc) THEN 'not-assessed'
      WHEN dpass > 0 AND datt = 0 THEN 'no-exceptions'
      ELSE 'by-hand' END AS status
    FROM row
)
INSERT INTO control_result
SELECT framework, control, position, status,
       CASE status WHEN 'not-applicable' THEN 'not applicable' WHEN 'exceptions' THEN 'exceptions noted'
                   WHEN 'not-assessed' THEN 'not assessed'
                   WHEN 'no-exceptions' THEN 'no exceptions noted in the part tested'
                   WHEN 'by-hand' THEN 'to be shown by hand' END,
       CASE status
         WHEN 'not-applicable' THEN CASE
           WHEN declared IS NOT NULL THEN declared
           WHEN service_provider AND kind = 'merchant' THEN
             'asked of service providers only; the engagement file declares a merchant'
           ELSE 'not in the ' || baseline || ' baseline, which the engagement file declares' END
         WHEN 'exceptions' THEN CASE dpass + dfail WHEN 1 THEN 'the one direct test that could be assessed does not hold'
              ELSE printf('%d of %d direct tests that could be assessed do not hold', dfail, dpass + dfail) END
         WHEN 'not-assessed' THEN CASE
           WHEN dr < dc THEN CASE dc WHEN 1 THEN 'the direct check did not run'
                              ELSE printf('%d of %d direct checks did not run', dc - dr, dc) END
           WHEN dp IS NULL THEN 'the population of a direct test is not known'
           ELSE printf('%d direct test%s could not be assessed', dgone, CASE dgone WHEN 1 THEN '' ELSE 's' END) END
         WHEN 'no-exceptions' THEN CASE dpass WHEN 1 THEN 'the one direct test holds'
                                              ELSE printf('all %d direct tests hold', dpass) END
         ELSE CASE
           WHEN datt > 0 THEN 'attested by a person, not tested'
           WHEN dc > 0 THEN 'nothing in scope that the direct tests apply to'
           WHEN demoted > 0 THEN
             'the direct test rests on a threshold that the organisation has not adopted, so it only supports'
           WHEN sc > 0 THEN 'the tests support it, none of them reaches it directly'
           ELSE 'no test of this version reaches it' END
       END,
       CASE WHEN status = 'not-applicable' THEN coalesce(approver, '') ELSE '' END,
       dc, dp, dpass, dfail, dna, dgone, datt,
       sc, sp, spass, sfail, sna, sgone, satt, ic,
       dp + sp, dpass + dfail + spass + sfail, dpass + spass, dfail + sfail, dna + sna, dgone + sgone, datt + satt
  FROM ruled ORDER BY 1, 3;

-- The findings behind a control: exceptions and what was not assessed, for the tests that count (D and S).
CREATE VIEW control_finding AS
SELECT t.framework, t.control, t.position, t.check_id, t.effective_relation AS relation, f.id AS finding_id, f.status, f.n
  FROM control_test t JOIN finding f ON f.check_id = t.check_id
 WHERE t.effective_relation IN ('D', 'S') AND f.status IN ('fail', 'not-assessed');

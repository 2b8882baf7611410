-- What would change it, for the first subject that fails; and whether the words differ from subject to subject.
SELECT f.remedy, f.danger, replace(f.subject, rtrim(f.subject, replace(f.subject, '/', '')), '') AS name,
       (SELECT count(DISTINCT x.remedy) FROM finding x WHERE x.check_id = :check_id AND x.status = 'fail') > 1 AS differs
  FROM finding f WHERE f.n = (SELECT min(n) FROM finding WHERE check_id = :check_id AND status = 'fail')
    AND coalesce(f.remedy, '') <> ''

-- Controls that the organisation declares not applicable.
SELECT f.title AS framework, n.control, n.reason, n.approver, n.document FROM not_applicable n
  JOIN framework f ON f.id = n.framework ORDER BY f.position, n.control

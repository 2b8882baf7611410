-- What people call a subscription.
SELECT subscription_id, display_name FROM subscription WHERE coalesce(display_name, '') <> '' ORDER BY subscription_id

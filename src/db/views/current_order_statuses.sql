-- Where every order stands: escrow's last word, or NEW before its first.
CREATE VIEW v_current_order_statuses AS
SELECT
    o.id AS order_id,
    o.buyer_id AS buyer_id,
    o.store_id AS store_id,
    s.name AS store_name,
    u.username AS buyer_name,
    COALESCE(e.status, 'NEW') AS current_status,
    COALESCE(e.credited, '000000000000000000000000000000000000000000000000000000000000000000000000000000') AS current_amount,
    COALESCE(e.paying, 0) AS paying,
    COALESCE(e.disputed, 0) AS disputed,
    COALESCE((SELECT MAX(p.status) FROM shipment_events p WHERE p.order_id = o.id), 'DISPATCH PENDING') AS current_shipping_status,
    o.created_at AS created_at,
    COALESCE(e.updated_at, o.created_at) AS updated_at
FROM orders o
JOIN stores s ON s.id = o.store_id
JOIN users u ON u.id = o.buyer_id
LEFT JOIN order_state e ON e.order_id = o.id;

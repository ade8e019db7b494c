-- The same with what is particular to a chain of the EVM family.
CREATE VIEW v_current_evm_order_statuses AS
SELECT
    v.*,
    o.chain_id AS chain_id,
    o.token AS token,
    o.decimals AS decimals,
    o.amount AS required_amount,
    e.address AS escrow_address,
    o.refund_address AS refund_address
FROM v_current_order_statuses v
JOIN orders o ON o.id = v.order_id
LEFT JOIN order_state e ON e.order_id = v.order_id;

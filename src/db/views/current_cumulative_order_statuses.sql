-- One row an order over all chain families; as long as there is one family it is that family's.
CREATE VIEW v_current_cumulative_order_statuses AS
SELECT * FROM v_current_evm_order_statuses;

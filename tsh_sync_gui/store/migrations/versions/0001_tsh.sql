-- The mirror: what other TSH programs read. Derived from the entities' specs as they were at version 0001.
CREATE SCHEMA IF NOT EXISTS tsh;

CREATE TABLE tsh.credit_notes (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zoho_id TEXT,
    number TEXT,
    reference_number TEXT,
    customer_zoho_id TEXT,
    customer_name TEXT,
    date DATE,
    status TEXT,
    currency_code TEXT,
    exchange_rate NUMERIC,
    total NUMERIC,
    balance NUMERIC,
    created_time TIMESTAMP WITH TIME ZONE,
    sub_total NUMERIC,
    tax_total NUMERIC,
    notes TEXT,
    terms TEXT,
    custom_fields JSON,
    zoho_modified_at TIMESTAMP WITH TIME ZONE,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    detailed_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    content_hash BYTEA,
    raw JSON,
    raw_detail JSON,
    PRIMARY KEY (id),
    CONSTRAINT uq_credit_notes_zoho_id UNIQUE (zoho_id)
)
 WITH (toast_tuple_target = 8160);
CREATE INDEX ix_credit_notes_customer_zoho_id ON tsh.credit_notes (customer_zoho_id);
CREATE INDEX ix_credit_notes_number ON tsh.credit_notes (number);
CREATE INDEX ix_credit_notes_outstanding ON tsh.credit_notes (zoho_modified_at DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL AND zoho_id IS NOT NULL AND (detailed_at IS NULL OR detailed_at < synced_at);

CREATE TABLE tsh.customers (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zoho_id TEXT,
    name TEXT,
    company_name TEXT,
    status TEXT,
    customer_sub_type TEXT,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    phone TEXT,
    mobile TEXT,
    currency_code TEXT,
    payment_terms BIGINT,
    payment_terms_label TEXT,
    outstanding_receivable_amount NUMERIC,
    unused_credits_receivable_amount NUMERIC,
    created_time TIMESTAMP WITH TIME ZONE,
    price_list_zoho_id TEXT,
    website TEXT,
    notes TEXT,
    credit_limit NUMERIC,
    contact_persons JSON,
    custom_fields JSON,
    zoho_modified_at TIMESTAMP WITH TIME ZONE,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    detailed_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    content_hash BYTEA,
    raw JSON,
    raw_detail JSON,
    PRIMARY KEY (id),
    CONSTRAINT uq_customers_zoho_id UNIQUE (zoho_id)
)
 WITH (toast_tuple_target = 8160);
CREATE INDEX ix_customers_name ON tsh.customers (name);
CREATE INDEX ix_customers_outstanding ON tsh.customers (zoho_modified_at DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL AND zoho_id IS NOT NULL AND (detailed_at IS NULL OR detailed_at < synced_at);

CREATE TABLE tsh.invoices (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zoho_id TEXT,
    number TEXT,
    reference_number TEXT,
    customer_zoho_id TEXT,
    customer_name TEXT,
    date DATE,
    due_date DATE,
    status TEXT,
    due_days TEXT,
    currency_code TEXT,
    exchange_rate NUMERIC,
    total NUMERIC,
    balance NUMERIC,
    salesperson_name TEXT,
    created_time TIMESTAMP WITH TIME ZONE,
    sub_total NUMERIC,
    tax_total NUMERIC,
    payment_made NUMERIC,
    credits_applied NUMERIC,
    notes TEXT,
    terms TEXT,
    custom_fields JSON,
    zoho_modified_at TIMESTAMP WITH TIME ZONE,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    detailed_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    content_hash BYTEA,
    raw JSON,
    raw_detail JSON,
    PRIMARY KEY (id),
    CONSTRAINT uq_invoices_zoho_id UNIQUE (zoho_id)
)
 WITH (toast_tuple_target = 8160);
CREATE INDEX ix_invoices_customer_zoho_id ON tsh.invoices (customer_zoho_id);
CREATE INDEX ix_invoices_number ON tsh.invoices (number);
CREATE INDEX ix_invoices_outstanding ON tsh.invoices (zoho_modified_at DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL AND zoho_id IS NOT NULL AND (detailed_at IS NULL OR detailed_at < synced_at);
CREATE INDEX ix_invoices_reference_number ON tsh.invoices (reference_number);

CREATE TABLE tsh.payments (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zoho_id TEXT,
    number TEXT,
    customer_zoho_id TEXT,
    customer_name TEXT,
    date DATE,
    payment_mode TEXT,
    amount NUMERIC,
    unused_amount NUMERIC,
    reference_number TEXT,
    description TEXT,
    invoice_numbers TEXT,
    account_zoho_id TEXT,
    account_name TEXT,
    created_time TIMESTAMP WITH TIME ZONE,
    currency_code TEXT,
    exchange_rate NUMERIC,
    custom_fields JSON,
    zoho_modified_at TIMESTAMP WITH TIME ZONE,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    detailed_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    content_hash BYTEA,
    raw JSON,
    raw_detail JSON,
    PRIMARY KEY (id),
    CONSTRAINT uq_payments_zoho_id UNIQUE (zoho_id)
)
 WITH (toast_tuple_target = 8160);
CREATE INDEX ix_payments_customer_zoho_id ON tsh.payments (customer_zoho_id);
CREATE INDEX ix_payments_number ON tsh.payments (number);
CREATE INDEX ix_payments_outstanding ON tsh.payments (zoho_modified_at DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL AND zoho_id IS NOT NULL AND (detailed_at IS NULL OR detailed_at < synced_at);

CREATE TABLE tsh.price_lists (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zoho_id TEXT,
    name TEXT,
    description TEXT,
    status TEXT,
    currency_zoho_id TEXT,
    currency_code TEXT,
    pricebook_type TEXT,
    pricing_scheme TEXT,
    sales_or_purchase_type TEXT,
    is_increase BOOLEAN,
    percentage NUMERIC,
    rounding_type TEXT,
    decimal_place BIGINT,
    is_default BOOLEAN,
    zoho_modified_at TIMESTAMP WITH TIME ZONE,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    detailed_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    content_hash BYTEA,
    raw JSON,
    raw_detail JSON,
    PRIMARY KEY (id),
    CONSTRAINT uq_price_lists_zoho_id UNIQUE (zoho_id)
)
 WITH (toast_tuple_target = 8160);
CREATE INDEX ix_price_lists_name ON tsh.price_lists (name);
CREATE INDEX ix_price_lists_outstanding ON tsh.price_lists (zoho_modified_at DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL AND zoho_id IS NOT NULL AND (detailed_at IS NULL OR detailed_at < synced_at);

CREATE TABLE tsh.products (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zoho_id TEXT,
    name TEXT,
    sku TEXT,
    status TEXT,
    item_type TEXT,
    product_type TEXT,
    unit TEXT,
    rate NUMERIC,
    purchase_rate NUMERIC,
    description TEXT,
    brand TEXT,
    manufacturer TEXT,
    category_zoho_id TEXT,
    category_name TEXT,
    group_zoho_id TEXT,
    group_name TEXT,
    is_combo_product BOOLEAN,
    tax_zoho_id TEXT,
    upc TEXT,
    ean TEXT,
    part_number TEXT,
    track_inventory BOOLEAN,
    reorder_level NUMERIC,
    stock_on_hand NUMERIC,
    available_stock NUMERIC,
    actual_available_stock NUMERIC,
    image_name TEXT,
    image_document_id TEXT,
    vendor_name TEXT,
    created_time TIMESTAMP WITH TIME ZONE,
    minimum_order_quantity NUMERIC,
    maximum_order_quantity NUMERIC,
    custom_fields JSON,
    zoho_modified_at TIMESTAMP WITH TIME ZONE,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    detailed_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    content_hash BYTEA,
    raw JSON,
    raw_detail JSON,
    PRIMARY KEY (id),
    CONSTRAINT uq_products_zoho_id UNIQUE (zoho_id)
)
 WITH (toast_tuple_target = 8160);
CREATE INDEX ix_products_name ON tsh.products (name);
CREATE INDEX ix_products_outstanding ON tsh.products (zoho_modified_at DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL AND zoho_id IS NOT NULL AND (detailed_at IS NULL OR detailed_at < synced_at);
CREATE INDEX ix_products_sku ON tsh.products (sku);

CREATE TABLE tsh.sales_orders (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zoho_id TEXT,
    number TEXT,
    reference_number TEXT,
    customer_zoho_id TEXT,
    customer_name TEXT,
    date DATE,
    shipment_date DATE,
    status TEXT,
    order_status TEXT,
    invoiced_status TEXT,
    paid_status TEXT,
    shipped_status TEXT,
    currency_code TEXT,
    total NUMERIC,
    balance NUMERIC,
    quantity NUMERIC,
    due_by_days TEXT,
    due_in_days TEXT,
    salesperson_name TEXT,
    created_time TIMESTAMP WITH TIME ZONE,
    sub_total NUMERIC,
    tax_total NUMERIC,
    notes TEXT,
    terms TEXT,
    custom_fields JSON,
    zoho_modified_at TIMESTAMP WITH TIME ZONE,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    detailed_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    content_hash BYTEA,
    raw JSON,
    raw_detail JSON,
    PRIMARY KEY (id),
    CONSTRAINT uq_sales_orders_zoho_id UNIQUE (zoho_id)
)
 WITH (toast_tuple_target = 8160);
CREATE INDEX ix_sales_orders_customer_zoho_id ON tsh.sales_orders (customer_zoho_id);
CREATE INDEX ix_sales_orders_number ON tsh.sales_orders (number);
CREATE INDEX ix_sales_orders_outstanding ON tsh.sales_orders (zoho_modified_at DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL AND zoho_id IS NOT NULL AND (detailed_at IS NULL OR detailed_at < synced_at);
CREATE INDEX ix_sales_orders_reference_number ON tsh.sales_orders (reference_number);

CREATE TABLE tsh.stock_levels (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zoho_id TEXT NOT NULL,
    location_id TEXT DEFAULT '' NOT NULL,
    location_name TEXT,
    item_name TEXT,
    sku TEXT,
    stock_on_hand NUMERIC,
    available_stock NUMERIC,
    actual_available_stock NUMERIC,
    zoho_modified_at TIMESTAMP WITH TIME ZONE,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    detailed_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    content_hash BYTEA,
    raw JSON,
    raw_detail JSON,
    PRIMARY KEY (id),
    CONSTRAINT uq_stock_levels_zoho_id UNIQUE (zoho_id, location_id)
)
 WITH (toast_tuple_target = 8160);
CREATE INDEX ix_stock_levels_location_id ON tsh.stock_levels (location_id);
CREATE INDEX ix_stock_levels_outstanding ON tsh.stock_levels (zoho_modified_at DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL AND zoho_id IS NOT NULL AND (detailed_at IS NULL OR detailed_at < synced_at) AND location_id = '';

CREATE TABLE tsh.credit_note_lines (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    parent_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    zoho_id TEXT,
    item_zoho_id TEXT,
    sku TEXT,
    name TEXT,
    description TEXT,
    quantity NUMERIC,
    unit TEXT,
    rate NUMERIC,
    discount TEXT,
    tax_name TEXT,
    tax_percentage NUMERIC,
    item_total NUMERIC,
    PRIMARY KEY (id),
    CONSTRAINT uq_credit_note_lines_parent_id UNIQUE (parent_id, position),
    CONSTRAINT fk_credit_note_lines_parent_id FOREIGN KEY(parent_id) REFERENCES tsh.credit_notes (id) ON DELETE CASCADE
);
CREATE INDEX ix_credit_note_lines_item_zoho_id ON tsh.credit_note_lines (item_zoho_id);

CREATE TABLE tsh.customer_addresses (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    parent_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT,
    zoho_id TEXT,
    attention TEXT,
    address TEXT,
    street2 TEXT,
    city TEXT,
    state TEXT,
    zip TEXT,
    country TEXT,
    phone TEXT,
    PRIMARY KEY (id),
    CONSTRAINT uq_customer_addresses_parent_id UNIQUE (parent_id, position),
    CONSTRAINT fk_customer_addresses_parent_id FOREIGN KEY(parent_id) REFERENCES tsh.customers (id) ON DELETE CASCADE
);

CREATE TABLE tsh.invoice_lines (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    parent_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    zoho_id TEXT,
    item_zoho_id TEXT,
    sku TEXT,
    name TEXT,
    description TEXT,
    quantity NUMERIC,
    unit TEXT,
    rate NUMERIC,
    discount TEXT,
    tax_name TEXT,
    tax_percentage NUMERIC,
    item_total NUMERIC,
    PRIMARY KEY (id),
    CONSTRAINT uq_invoice_lines_parent_id UNIQUE (parent_id, position),
    CONSTRAINT fk_invoice_lines_parent_id FOREIGN KEY(parent_id) REFERENCES tsh.invoices (id) ON DELETE CASCADE
);
CREATE INDEX ix_invoice_lines_item_zoho_id ON tsh.invoice_lines (item_zoho_id);

CREATE TABLE tsh.payment_applications (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    parent_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    zoho_id TEXT,
    invoice_zoho_id TEXT,
    invoice_number TEXT,
    date DATE,
    invoice_amount NUMERIC,
    amount_applied NUMERIC,
    balance_amount NUMERIC,
    PRIMARY KEY (id),
    CONSTRAINT uq_payment_applications_parent_id UNIQUE (parent_id, position),
    CONSTRAINT fk_payment_applications_parent_id FOREIGN KEY(parent_id) REFERENCES tsh.payments (id) ON DELETE CASCADE
);
CREATE INDEX ix_payment_applications_invoice_zoho_id ON tsh.payment_applications (invoice_zoho_id);

CREATE TABLE tsh.price_list_items (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    parent_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    zoho_id TEXT,
    item_zoho_id TEXT,
    name TEXT,
    rate NUMERIC,
    discount TEXT,
    price_brackets JSON,
    PRIMARY KEY (id),
    CONSTRAINT uq_price_list_items_parent_id UNIQUE (parent_id, position),
    CONSTRAINT fk_price_list_items_parent_id FOREIGN KEY(parent_id) REFERENCES tsh.price_lists (id) ON DELETE CASCADE
);
CREATE INDEX ix_price_list_items_item_zoho_id ON tsh.price_list_items (item_zoho_id);

CREATE TABLE tsh.sales_order_lines (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    parent_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    zoho_id TEXT,
    item_zoho_id TEXT,
    sku TEXT,
    name TEXT,
    description TEXT,
    quantity NUMERIC,
    unit TEXT,
    rate NUMERIC,
    discount TEXT,
    tax_name TEXT,
    tax_percentage NUMERIC,
    item_total NUMERIC,
    PRIMARY KEY (id),
    CONSTRAINT uq_sales_order_lines_parent_id UNIQUE (parent_id, position),
    CONSTRAINT fk_sales_order_lines_parent_id FOREIGN KEY(parent_id) REFERENCES tsh.sales_orders (id) ON DELETE CASCADE
);
CREATE INDEX ix_sales_order_lines_item_zoho_id ON tsh.sales_order_lines (item_zoho_id);

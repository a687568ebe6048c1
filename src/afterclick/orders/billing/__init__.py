"""Invoices and credit notes: tax, amounts to the cent, postings, and documents."""

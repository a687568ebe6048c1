"""Purchase documents: orders as vendors read them, and what vendors answer, in PDF, UBL, EDIFACT, X12, CSV and JSON."""

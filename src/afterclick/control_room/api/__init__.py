"""The interface for programs: what every resource under `/api/v1` has in common, and the resources that are no desk's."""

"""One file per version, in order; a version that has been released is never changed."""

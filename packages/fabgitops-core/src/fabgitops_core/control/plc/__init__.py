"""The decisions for one IndustrialPLC and its template: `table` is where they begin."""

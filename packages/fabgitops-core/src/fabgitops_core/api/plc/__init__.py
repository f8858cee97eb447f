"""An IndustrialPLC and its template: the models, and what the API server checks of them."""

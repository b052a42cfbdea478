"""How every number of the estimator was made: clips with truth → features → fit → coefficients → accuracy page."""

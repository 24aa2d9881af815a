local a = latency.memroy
return scenario {}

#include "ops/sample_parameters.h"

#include "sql/value.h"

namespace hone::ops {

std::vector<pg::Parameter> ParametersOf(const sql::StatementSample& sample) {
  std::vector<pg::Parameter> parameters;
  if (!sample.bind) return parameters;
  for (size_t i = 0; i < sample.bind->values.size(); ++i) {
    parameters.push_back({.oid = sample.bind->oids[i],
                          .format = sql::FormatOf(sample.bind->formats, i),
                          .bytes = sample.bind->values[i]});
  }
  return parameters;
}

}  // namespace hone::ops

#include "stats/proportion.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace hone::stats {

Interval WilsonInterval(int64_t successes, int64_t n, double level) {
  if (n <= 0) return {0, 1, level};
  const double z = boost::math::quantile(boost::math::normal_distribution<double>(), (1 + level) / 2);
  const auto count = static_cast<double>(n);
  const double share = static_cast<double>(successes) / count;
  const double scale = 1 + z * z / count;
  const double centre = share + z * z / (2 * count);
  const double half = z * std::sqrt(share * (1 - share) / count + z * z / (4 * count * count));
  // At the ends the formula gives 0 and 1 exactly but for rounding.
  const double lo = successes == 0 ? 0 : std::max(0.0, (centre - half) / scale);
  const double hi = successes == n ? 1 : std::min(1.0, (centre + half) / scale);
  return {lo, hi, level};
}

Interval ClopperPearsonInterval(int64_t successes, int64_t n, double level) {
  if (n <= 0) return {0, 1, level};
  const double tail = (1 - level) / 2;
  const auto k = static_cast<double>(successes);
  const auto count = static_cast<double>(n);
  using Beta = boost::math::beta_distribution<double>;
  const double lo = successes == 0 ? 0 : boost::math::quantile(Beta(k, count - k + 1), tail);
  const double hi = successes == n ? 1 : boost::math::quantile(Beta(k + 1, count - k), 1 - tail);
  return {lo, hi, level};
}

}  // namespace hone::stats

// The methods by which a sweep over pool sizes becomes measurements.
//
// Captures: the sweep's windows, each "load.hdr" with the capture parameters "pool_size" and "pool_round"; all of them,
// whatever sizes the measurement is about, because the best is found among all. Windows in which the generator was late
// are left out.
//
//   pool.response@2        the quantile of response times at "size"; bootstrapped interval; ns
//   pool.response_ratio@2  the same over the best size's, in the rounds that have both; x
//   pool.size@2            the smallest size that is as good as the best; the interval reaches from it to the largest;
//                        TOO_FEW where only a median could be compared (kLeastQuantile)
//   pool.best_size@2       the size with the lowest quantile
//   pool.quantile@2        which quantile the others compare (0.99 where there are requests enough)
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::load {

inline constexpr int kSizeResamples = 1000;
// Windows of a size below which nothing is said of it.
inline constexpr int kLeastWindows = 3;

std::span<const evidence::Method> SizeMethods();

}  // namespace hone::load

// The registry of all methods by which this hone computes measurements, live and again.
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::ops {

// Every domain's methods; lives as long as the process.
std::span<const evidence::Method> AllMethods();

}  // namespace hone::ops

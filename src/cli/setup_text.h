// What init and doctor say, as text and as JSON.
#pragma once

#include <string>

#include "cli/screen.h"
#include "ops/doctor.h"
#include "ops/init.h"
#include "ops/init_check.h"

namespace hone::cli {

std::string InitText(const ops::InitResult& result, const ScreenOptions& options);
std::string InitJson(const ops::InitResult& result);
std::string InitCheckText(const ops::InitCheckResult& result, const ScreenOptions& options);
std::string InitCheckJson(const ops::InitCheckResult& result);
std::string DoctorText(const ops::DoctorReport& report, const ScreenOptions& options);
std::string DoctorJson(const ops::DoctorReport& report);

}  // namespace hone::cli

#include "ops/init_mains.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/ascii.h"

namespace hone::ops {

namespace fs = std::filesystem;
using golang::Inspection;
using golang::MainPackage;

bool StandsInForOthers(const Inspection& inspection, const MainPackage& main) {
  constexpr std::array<std::string_view, 6> kWords = {"fake", "mock", "stub", "dummy", "simul", "sandbox"};
  const std::string name = base::LowerCase(main.dir + " " + main.binary);
  const auto says = [&](std::string_view word) { return base::Contains(name, word); };
  const auto of_main = [&](const golang::Connect& connect) { return base::Has(connect.mains, main.package); };
  return std::ranges::any_of(kWords, says) && std::ranges::none_of(inspection.connects, of_main);
}

const MainPackage* ChooseMain(const Inspection& inspection) {
  const MainPackage* best = nullptr;
  std::tuple<bool, int64_t, int64_t> most = {false, -1, -1};
  for (const MainPackage& main : inspection.mains) {
    const auto of_main = [&](const auto& thing) { return base::Has(thing.mains, main.package); };
    const std::tuple<bool, int64_t, int64_t> serves = {!StandsInForOthers(inspection, main),
                                                       std::ranges::count_if(inspection.listeners, of_main),
                                                       std::ranges::count_if(inspection.routes, of_main)};
    if (serves > most) {
      most = serves;
      best = &main;
    }
  }
  return best;
}

std::string ServiceName(const MainPackage& main, const std::vector<const MainPackage*>& all) {
  const auto unique = [&](const std::string& name, auto&& name_of) {
    return std::ranges::count_if(all, [&](const MainPackage* other) { return name_of(*other, name); }) == 1;
  };
  if (unique(main.binary, [](const MainPackage& other, const std::string& name) { return other.binary == name; }))
    return main.binary;
  fs::path dir = main.dir;
  for (; !dir.empty(); dir = dir.parent_path()) {
    const std::string element = dir.filename().generic_string();
    const auto holds = [](const MainPackage& other, const std::string& name) {
      return std::ranges::any_of(fs::path(other.dir), [&](const fs::path& part) { return part == name; });
    };
    if (unique(element, holds)) return element;
  }
  std::string whole = main.dir;
  std::ranges::replace(whole, '/', '-');
  return whole;
}

}  // namespace hone::ops

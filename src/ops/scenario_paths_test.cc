#include "ops/scenario_paths.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

TEST(ScenarioPaths, AreWhatStandsAroundAVariable) {
  project::Scenario scenario;
  scenario.path = *project::Template::Parse("/orders/${id}/lines/${line}/notes?day=${day}");
  EXPECT_EQ(PathBefore(scenario, "id"), "/orders/");
  EXPECT_EQ(PathBefore(scenario, "line"), "/orders/x/lines/");
  EXPECT_EQ(PathBefore(scenario, "other"), "");
  EXPECT_EQ(PathBehind(scenario, "id"), "/lines/x/notes");
  EXPECT_EQ(PathBehind(scenario, ""), "/lines/x/notes") << "the first one";
  EXPECT_EQ(PathBehind(scenario, "line"), "/notes");
  EXPECT_EQ(PathBehind(scenario, "other"), "");
}

}  // namespace
}  // namespace hone::ops

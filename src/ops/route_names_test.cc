#include "ops/route_names.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

RouteNames Names(std::string base_path = "") {
  auto project = project::ParseProject(R"(
[service]
name = "shop"
build = "go build -o ${bin} ."
run = "${bin}"
url = "http://127.0.0.1:1"
[[scenario]]
path = "/orders/${order}?full=1"
[scenario.vars]
order = { list = ["1"] }
)",
                                       "benchmarks/hone.toml");
  EXPECT_TRUE(project) << (project ? "" : project.error().front().text);
  golang::Inspection inspection;
  const auto add = [&](const char* method, const char* path) {
    inspection.routes.push_back({.method = method, .path_template = path});
  };
  add("GET", "/orders/{id}");
  add("GET", "/orders/new");
  add("GET", "/orders/{id}/lines/{line}");
  add("ANY", "/files/{path...}");
  add("POST", "/slips/slip-{id}.pdf");
  inspection.routes.push_back({.method = "GET", .path_template = "/half", .partial = true});
  return {*project, inspection, std::move(base_path)};
}

TEST(RouteNames, ArePatternsWhereOneFits) {
  const RouteNames names = Names();
  EXPECT_EQ(names.Of("GET", "/orders/7?full=1"), "GET /orders/{order}") << "named as the scenario does";
  EXPECT_EQ(names.Of("HEAD", "/orders/7"), "HEAD /orders/{order}");
  EXPECT_EQ(names.Of("GET", "/orders/new"), "GET /orders/new");
  EXPECT_EQ(names.Of("GET", "/orders/7/lines/8"), "GET /orders/{id}/lines/{line}");
  EXPECT_EQ(names.Of("DELETE", "/files/a/b/c"), "DELETE /files/{path...}");
  EXPECT_EQ(names.Of("POST", "/slips/slip-9.pdf"), "POST /slips/slip-{id}.pdf");
}

TEST(RouteNames, AreThePathsElsewhereWithoutTheirKeys) {
  const RouteNames names = Names();
  EXPECT_EQ(names.Of("POST", "/orders/7?token=abc"), "POST /orders/{}");
  EXPECT_EQ(names.Of("GET", "/v1/half/3f2504e0-4f89-11d3-9a0c-0305e82c3301"), "GET /v1/half/{}");
  EXPECT_EQ(names.Of("GET", "/orders/"), "GET /orders/") << "an empty segment is no parameter";
  EXPECT_EQ(names.Of("GET", "/"), "GET /");
  EXPECT_EQ(names.Of("OPTIONS", "*"), "OPTIONS *");
}

TEST(RouteNames, AreThoseBelowTheBasePath) {
  EXPECT_EQ(Names("/api").Of("GET", "/api/orders/7"), "GET /orders/{order}");
  EXPECT_EQ(Names("/api").Of("GET", "/apis/orders"), "GET /apis/orders");
}

}  // namespace
}  // namespace hone::ops

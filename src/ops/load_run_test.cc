#include "ops/load_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace hone::ops {
namespace {

using ::testing::HasSubstr;

class LoadRunTest : public ::testing::Test {
 protected:
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("load-run").value();
  base::Task task_;

  LoadRunRequest Request(const std::string& url) {
    LoadRunRequest request;
    request.dir = folder_.path();
    request.url = url;
    request.rate = 100;
    request.duration = "200ms";
    return request;
  }
};

TEST_F(LoadRunTest, WhatCannotBeLoadedIsRefusedBeforeAnythingIsSent) {
  EXPECT_THAT(base::Sentence(LoadRun(Request("https://127.0.0.1/"), task_).error()), HasSubstr("https"));
  EXPECT_EQ(LoadRun(Request("http://8.8.8.8/"), task_).error().code, base::Code::kPermission);
  auto request = Request("http://127.0.0.1:1/");
  request.duration = "soon";
  EXPECT_THAT(base::Sentence(LoadRun(request, task_).error()), HasSubstr("soon"));
  request = Request("http://127.0.0.1:1/");
  request.headers = {"no colon"};
  EXPECT_THAT(base::Sentence(LoadRun(request, task_).error()), HasSubstr("Name: value"));
}

TEST_F(LoadRunTest, AServerThatRefusesIsAResultInWhichNothingIsLost) {
  const auto report = LoadRun(Request("http://127.0.0.1:1/"), task_).value();
  EXPECT_NE(report.verdict, "valid");
  double sent = 0;
  double refused = 0;
  for (const auto& measured : report.measurements) {
    if (measured.metric == "load.sent") sent = measured.value;
    if (measured.metric == "load.failed.refused") refused = measured.value;
  }
  EXPECT_GT(sent, 0);
  EXPECT_EQ(sent, refused);
}

}  // namespace
}  // namespace hone::ops

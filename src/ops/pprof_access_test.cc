#include "ops/pprof_access.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "net/scripted_server.h"

namespace hone::ops {
namespace {

using testing::HasSubstr;
using testing::Optional;

// What hone says of a service that answers its questions in order with these.
std::optional<std::string> Said(std::vector<std::string> answers) {
  net::ScriptedServer server([&](net::ScriptedPeer& peer) {
    if (peer.ReadRequest().empty() || static_cast<size_t>(peer.number()) >= answers.size()) return;
    const std::string& answer = answers[static_cast<size_t>(peer.number())];
    if (answer.empty()) return peer.AwaitClose();
    peer.Send("HTTP/1.1 " + answer.substr(0, 3) + " x\r\nContent-Length: " + std::to_string(answer.size() - 4) +
              "\r\n\r\n" + answer.substr(4));
  });
  return WhatPprofLacks(fmt::format("http://127.0.0.1:{}/debug/pprof", server.address().port));
}

TEST(PprofLacks, NothingWhereALongProfileWaitsAndLocksAreSampled) {
  EXPECT_EQ(Said({"200 --- mutex:\ncycles/second=1\nsampling period=10\n", ""}), std::nullopt);
}

TEST(PprofLacks, WhatItAnswersWith) {
  EXPECT_THAT(Said({"401 "}), Optional(HasSubstr("status 401")));
  EXPECT_THAT(Said({"404 no"}), Optional(HasSubstr("status 404")));
  EXPECT_THAT(Said({}), Optional(HasSubstr("does not answer")));
  EXPECT_THAT(Said({"200 sampling period=0\n"}), Optional(HasSubstr("mutex fraction is 0")));
  EXPECT_THAT(Said({"200 sampling period=5\n", "400 profile duration exceeds server's WriteTimeout"}),
              Optional(HasSubstr("WriteTimeout")));
}

TEST(OneProcess, HoldsApiPprofAndConnections) {
  EXPECT_EQ(WhyNotOneProcess(7, {.api = {7}, .pprof = {7}, .database_connections = 3, .of_the_service = 3}),
            std::nullopt);
  EXPECT_EQ(WhyNotOneProcess(7, {.api = {7}}), std::nullopt);
  // Others may use the database too.
  EXPECT_EQ(WhyNotOneProcess(7, {.api = {7}, .pprof = {7}, .database_connections = 3, .of_the_service = 1}),
            std::nullopt);
}

TEST(OneProcess, IsSaidNotToBe) {
  EXPECT_THAT(WhyNotOneProcess(7, {.api = {7, 8}, .pprof = {7}}), Optional(HasSubstr("2 processes answer")));
  EXPECT_THAT(WhyNotOneProcess(7, {.api = {7}, .pprof = {9}}),
              Optional(HasSubstr("pprof is served by process 9, the API by process 7")));
  EXPECT_THAT(WhyNotOneProcess(7, {.api = {7}, .pprof = {7}, .database_connections = 2}),
              Optional(HasSubstr("none of the 2 connections")));
}

}  // namespace
}  // namespace hone::ops

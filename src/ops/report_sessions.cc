#include "ops/report_sessions.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "sql/session_rule.h"
#include "sql/session_state.h"

namespace hone::ops {
namespace {

std::set<std::string> LeftBy(const sql::Exchange& exchange) {
  std::set<std::string> texts;
  for (const sql::SessionStatement& left : sql::SessionStatements(exchange)) {
    if (left.place == sql::SessionPlace::kRequest) texts.insert(left.text);
  }
  return texts;
}

// The statements that leave something in the sessions of requests: on a fresh connection they look like its driver's.
std::set<std::string> LeftByRequests(const Quiet& quiet) {
  std::set<std::string> texts;
  for (const QuietEndpoint& endpoint : quiet.endpoints) texts.merge(LeftBy(endpoint.exchange));
  return texts;
}

}  // namespace

std::set<std::string> LeftByAll(const Quiet& quiet) {
  const auto is_asked = [](const sql::Statement& statement) {
    return statement.request != sql::kNoRequest && !statement.background;
  };
  std::optional<std::set<std::string>> all;
  for (const QuietEndpoint& endpoint : quiet.endpoints) {
    if (endpoint.failed || std::ranges::none_of(endpoint.exchange.statements, is_asked)) continue;
    const std::set<std::string> own = LeftBy(endpoint.exchange);
    if (!all) all = own;
    std::erase_if(*all, [&](const std::string& text) { return !own.contains(text); });
  }
  return all.value_or(std::set<std::string>());
}

base::Result<void> JudgeSessions(const CheckFacts& facts, const sql::RuleOptions& options, ReportDraft& draft) {
  const std::set<std::string> of_requests = LeftByRequests(facts.quiet);
  std::set<std::string> known;
  const auto take = [&](const sql::Exchange& exchange, const evidence::Capture& capture) {
    evidence::Judgement judgement = sql::JudgeSessionsOfService(exchange, capture, options);
    std::erase_if(judgement.findings, [&](const evidence::FindingDraft& one) {
      return of_requests.contains(one.subject.name) || !known.insert(one.title).second;
    });
    return draft.Take(judgement);
  };
  const ServiceStart& start = facts.sessions.start;
  if (start.capture.id != 0) HONE_CHECK_OK(take(start.exchange, start.capture));
  for (const QuietEndpoint& endpoint : facts.quiet.endpoints) {
    if (!endpoint.failed) HONE_CHECK_OK(take(endpoint.exchange, endpoint.capture));
  }
  return {};
}

std::vector<std::string> SessionNotes(const CheckFacts& facts) {
  constexpr std::string_view kBreaks = "behind a pooler in transaction mode the next transaction has another session";
  std::vector<std::string> notes;
  std::set<std::string> known;
  const auto note = [&](std::string_view who, const sql::SessionStatement& left, std::string_view when) {
    if (!known.insert(fmt::format("{}{}{}", who, left.what, when.empty() ? std::string_view(left.text) : when)).second)
      return;
    notes.push_back(fmt::format("{} leaves {} in its session{} (`{}`): {}", who, left.what, when, left.text, kBreaks));
  };
  const std::set<std::string> of_requests = LeftByRequests(facts.quiet);
  const std::set<std::string> by_all = LeftByAll(facts.quiet);
  const auto notes_of = [&](const sql::Exchange& exchange, bool start) {
    for (const sql::SessionStatement& left : sql::SessionStatements(exchange)) {
      if (sql::IsRestoredByPoolers(left.text)) continue;
      if (left.place == sql::SessionPlace::kRequest) {
        const bool told = (left.kept || sql::IsLockOfRequest(left)) && !by_all.contains(left.text);
        if (!start && !told) note(exchange.endpoint, left, "");
      } else if (!of_requests.contains(left.text)) {
        const bool begins = left.place == sql::SessionPlace::kBeginning;
        note("the service", left, begins ? " when a connection begins" : " outside of requests");
      }
    }
  };
  if (facts.sessions.start.capture.id != 0) notes_of(facts.sessions.start.exchange, true);
  for (const QuietEndpoint& endpoint : facts.quiet.endpoints) notes_of(endpoint.exchange, false);
  return notes;
}

}  // namespace hone::ops

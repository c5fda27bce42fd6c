// Errors as values: what failed, on what, and what to do about it.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace hone::base {

// The kinds of failure that a caller can react to. Faces map each to one exit status (ExitStatus), once.
enum class Code {
  kUsage,        // the command line is wrong
  kInput,        // a file or answer that Hone was given is not what it must be
  kNotFound,     // what was asked for does not exist
  kEnvironment,  // this machine lacks something (Go, PostgreSQL, a free port)
  kBusy,         // another hone measures, or a file is locked
  kTimeout,      // something did not happen in its time
  kCancelled,    // Ctrl-C
  kCorrupt,      // Hone's own data are damaged
  kTooNew,       // Hone's own data were written by a newer hone
  kIo,           // the operating system refused
  kNoSpace,      // the disk is full
  kNetwork,      // a connection failed
  kService,      // the service under test failed
  kPermission,   // a safety rule or the system forbids it
  kNotEnough,    // the evidence does not suffice for an answer
};

// One failure. `what` is one sentence without a full stop's worth of jargon; `subject` is the thing that it failed on
// (a path, an endpoint; may be empty); `remedy` says what to do (may be empty).
struct Error {
  Code code = Code::kIo;
  std::string what;
  std::string subject = {};
  std::string remedy = {};
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(Code code, std::string what, std::string subject = {}, std::string remedy = {}) {
  return std::unexpected(Error{code, std::move(what), std::move(subject), std::move(remedy)});
}

// The failure of a system call: "what: No space left on device", with the code that errno stands for.
std::unexpected<Error> FailErrno(int error_number, const std::string& what, std::string subject = {});

// "what: subject. remedy" on one line, as people see it.
std::string Sentence(const Error& error);

// The process exit status for a failure: 2 for all but kNotEnough, which is 3.
int ExitStatus(Code code);

}  // namespace hone::base

// Evaluates `expression` (a Result<T>); returns its error from the calling function, or assigns its value to
// `declaration`.
#define HONE_CONCAT_INNER(a, b) a##b
#define HONE_CONCAT(a, b) HONE_CONCAT_INNER(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in any.
#define HONE_TRY(declaration, expression)                                           \
  auto HONE_CONCAT(hone_result_, __LINE__) = (expression);                          \
  if (!HONE_CONCAT(hone_result_, __LINE__)) {                                       \
    return std::unexpected(std::move(HONE_CONCAT(hone_result_, __LINE__)).error()); \
  }                                                                                 \
  declaration = *std::move(HONE_CONCAT(hone_result_, __LINE__))
// NOLINTEND(bugprone-macro-parentheses)
// The same for an expression whose value is not wanted.
#define HONE_CHECK_OK(expression) \
  if (auto hone_checked = (expression); !hone_checked) return std::unexpected(std::move(hone_checked).error())

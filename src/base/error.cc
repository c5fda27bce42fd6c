#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace hone::base {
namespace {

Code CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT:
      return Code::kNotFound;
    case EACCES:
    case EPERM:
      return Code::kPermission;
    case ENOSPC:
    case EDQUOT:
      return Code::kNoSpace;
    case ETIMEDOUT:
      return Code::kTimeout;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ENETUNREACH:
    case EHOSTUNREACH:
      return Code::kNetwork;
    default:
      return Code::kIo;
  }
}

}  // namespace

std::unexpected<Error> FailErrno(int error_number, const std::string& what, std::string subject) {
  std::string remedy = CodeOf(error_number) == Code::kNoSpace ? "Free some disk space and run again" : "";
  return Fail(CodeOf(error_number), what + ": " + std::strerror(error_number), std::move(subject), std::move(remedy));
}

std::string Sentence(const Error& error) {
  std::string text = error.what;
  if (!error.subject.empty()) text += ": " + error.subject;
  if (!error.remedy.empty()) text += ". " + error.remedy;
  return text;
}

int ExitStatus(Code code) { return code == Code::kNotEnough ? 3 : 2; }

}  // namespace hone::base

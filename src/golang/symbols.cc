#include "golang/symbols.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace hone::golang {
namespace {

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whether a component after a function's name was made by the compiler: "func1", "gowrap2", "deferwrap1", "3", "abi0".
bool IsGenerated(std::string_view component) {
  if (AllDigits(component) || component.starts_with("abi")) return true;
  for (const std::string_view prefix : {"func", "gowrap", "deferwrap", "range"}) {
    if (component.starts_with(prefix)) {
      // "func1-range2" is one component.
      const std::string_view rest = component.substr(prefix.size());
      return AllDigits(rest.substr(0, rest.find('-')));
    }
  }
  return false;
}

// Undoes the linker's escapes (%2e for a dot in the last element of an import path).
std::string Unescape(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// `text` without its bracketed type arguments, which may nest.
std::string WithoutTypeArguments(std::string_view text, bool* generic) {
  std::string out;
  int depth = 0;
  for (const char c : text) {
    if (c == '[') {
      ++depth;
      *generic = true;
    } else if (c == ']' && depth > 0) {
      --depth;
    } else if (depth == 0) {
      out += c;
    }
  }
  return out;
}

// Splits "List.func1.2" or "List-fm" into the declared name and what follows.
void SplitClosure(std::string_view text, Symbol& symbol) {
  const size_t end = text.find_first_of(".-");
  symbol.name = std::string(text.substr(0, end));
  if (end != std::string_view::npos) symbol.closure = std::string(text.substr(end + 1));
}

std::string_view Unvendored(std::string_view package) {
  const size_t at = package.rfind("/vendor/");
  return at == std::string_view::npos ? package : package.substr(at + 8);
}

bool InModule(std::string_view package, std::string_view module) {
  return !module.empty() && package.starts_with(module) &&
         (package.size() == module.size() || package[module.size()] == '/');
}

std::string_view LastElement(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool IsMajorVersion(std::string_view element) {
  return element.size() > 1 && element[0] == 'v' && AllDigits(element.substr(1));
}

// The module that a package lies in, the longest path first.
const Module* ModuleOf(std::string_view package, std::span<const Module> modules) {
  const Module* best = nullptr;
  for (const Module& module : modules) {
    if (InModule(package, module.path) && (best == nullptr || module.path.size() > best->path.size())) best = &module;
  }
  return best;
}

}  // namespace

std::string_view PackageOf(std::string_view name) {
  if (name.starts_with("type:") || name.starts_with("go:")) return {};
  const std::string_view head = name.substr(0, name.find_first_of("[("));
  const size_t slash = head.rfind('/');
  const size_t dot = head.find('.', slash == std::string_view::npos ? 0 : slash);
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

Symbol ParseSymbol(std::string_view name) {
  Symbol symbol;
  const std::string_view package = PackageOf(name);
  if (package.empty()) {
    symbol.name = std::string(name);
    return symbol;
  }
  symbol.package = Unescape(Unvendored(package));
  const std::string rest = WithoutTypeArguments(name.substr(package.size() + 1), &symbol.generic);
  const std::string_view view = rest;
  if (view.starts_with("(")) {
    const size_t close = view.find(')');
    symbol.pointer = view.starts_with("(*");
    symbol.receiver = std::string(view.substr(symbol.pointer ? 2 : 1, close - (symbol.pointer ? 2 : 1)));
    if (close + 2 < view.size()) SplitClosure(view.substr(close + 2), symbol);
    return symbol;
  }
  if (view.starts_with("glob..")) {  // closures of package variables, before Go 1.21
    symbol.name = "glob.";
    symbol.closure = std::string(view.substr(6));
    return symbol;
  }
  const size_t dot = view.find('.');
  if (dot != std::string_view::npos) {
    const std::string_view second = view.substr(dot + 1, view.find('.', dot + 1) - dot - 1);
    if (!IsGenerated(second) && !view.substr(0, dot).contains('-')) {
      symbol.receiver = std::string(view.substr(0, dot));
      SplitClosure(view.substr(dot + 1), symbol);
      return symbol;
    }
  }
  SplitClosure(view, symbol);
  return symbol;
}

std::string ShortName(std::string_view name) {
  const std::string_view package = PackageOf(name);
  if (package.empty()) return std::string(name);
  std::string_view element = LastElement(package);
  if (IsMajorVersion(element) && element.size() < package.size()) {
    element = LastElement(package.substr(0, package.size() - element.size() - 1));
  }
  return Unescape(element) + std::string(name.substr(package.size()));
}

bool IsWithin(std::string_view name, std::string_view function) {
  if (function.ends_with("-fm")) function.remove_suffix(3);
  if (function.empty() || !name.starts_with(function)) return false;
  std::string_view rest = name.substr(function.size());
  if (rest.starts_with("[...]")) rest.remove_prefix(5);
  if (rest.empty() || rest.front() == '-') return true;
  if (rest.front() != '.') return false;
  rest.remove_prefix(1);
  return IsGenerated(rest.substr(0, rest.find('.')));
}

Origin Classify(std::string_view name, std::span<const Module> modules) {
  const std::string_view escaped = PackageOf(name);
  if (escaped.empty())
    return name.starts_with("type:") || name.starts_with("go:") ? Origin::kRuntime : Origin::kUnknown;
  const std::string package = Unescape(escaped);
  if (package.starts_with("vendor/")) return Origin::kStandard;  // the standard library's own
  if (package.contains("/vendor/")) return Origin::kThirdParty;
  if (package == "main" || package == "command-line-arguments" || ModuleOf(package, modules) != nullptr)
    return Origin::kUser;
  if (package == "runtime" || package.starts_with("runtime/internal/") || package.starts_with("internal/runtime/")) {
    return Origin::kRuntime;
  }
  const std::string_view first = std::string_view(package).substr(0, package.find('/'));
  return first.contains('.') ? Origin::kThirdParty : Origin::kStandard;
}

std::string RelativeFile(std::string_view file, std::string_view symbol, std::span<const Module> modules) {
  for (const Module& module : modules) {
    std::string_view dir = module.dir;
    while (dir.ends_with('/')) dir.remove_suffix(1);
    if (!dir.empty() && file.size() > dir.size() + 1 && file.starts_with(dir) && file[dir.size()] == '/') {
      return std::string(file.substr(dir.size() + 1));
    }
    if (file.size() > module.path.size() + 1 && InModule(file, module.path)) {
      return std::string(file.substr(module.path.size() + 1));
    }
  }
  const std::string package = Unescape(PackageOf(symbol));
  const Module* module = ModuleOf(package, modules);
  if (module == nullptr) return std::string(file);
  const std::string_view inside = std::string_view(package).substr(std::min(module->path.size() + 1, package.size()));
  const std::string end =
      inside.empty() ? std::string(LastElement(file)) : std::string(inside) + "/" + std::string(LastElement(file));
  return file.ends_with("/" + end) ? end : std::string(file);
}

}  // namespace hone::golang

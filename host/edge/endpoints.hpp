// Where a host listens, written into its state folder: who has the folder finds the host without knowing its ports.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace bowline::edge {

/// Writes <var>/endpoints.json, over the one of an earlier process: http addresses by service. An address that stands for
/// every interface is written as 127.0.0.1. Errors: EDGE_ENDPOINTS.
Result<void> write_endpoints(const std::filesystem::path& var, const std::string& host, const std::map<std::string, std::uint16_t>& ports);
/// The host ends in order: nobody is to be asked there any more.
void remove_endpoints(const std::filesystem::path& var) noexcept;
/// "http://127.0.0.1:8024" of a service; of a process that died it may still stand there. Errors: EDGE_ENDPOINTS.
Result<std::string> read_endpoint(const std::filesystem::path& var, const std::string& service);

}  // namespace bowline::edge

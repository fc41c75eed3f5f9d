// Beast's HTTP parser writing straight into a Request: no header map, no allocation once the buffers have
// grown.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <boost/beast/http/basic_parser.hpp>

#include "edge/message.hpp"

namespace bowline::edge {

class RequestParser final : public boost::beast::http::basic_parser<true> {
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;

 public:
  /// `into` must outlive the parser; its headers, target and body are filled.
  explicit RequestParser(Request& into) : into_(into) {}

  bool http_1_0() const noexcept { return version_ == 10; }

 private:
  static std::string_view view(text t) noexcept { return {t.data(), t.size()}; }

  void on_request_impl(boost::beast::http::verb verb, text, text target, int version,
                       error_code& ec) override {
    ec = {};
    into_.method = method_of(verb);
    into_.target.assign(target.data(), target.size());
    version_ = version;
  }
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field, text name, text value, error_code& ec) override {
    ec = {};
    into_.headers.add(view(name), view(value));
  }
  void on_header_impl(error_code& ec) override { ec = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override {
    ec = {};
    if (length)
      into_.body.reserve(static_cast<std::size_t>(*length));  // within body_limit: the parser has checked
  }
  std::size_t on_body_impl(text body, error_code& ec) override {
    ec = {};
    into_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, text, error_code& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code& ec) override {
    return on_body_impl(body, ec);
  }
  void on_finish_impl(error_code& ec) override { ec = {}; }

  static Method method_of(boost::beast::http::verb verb) noexcept {
    using Verb = boost::beast::http::verb;
    switch (verb) {
      case Verb::get:
        return Method::Get;
      case Verb::head:
        return Method::Head;
      case Verb::post:
        return Method::Post;
      case Verb::put:
        return Method::Put;
      case Verb::patch:
        return Method::Patch;
      case Verb::delete_:
        return Method::Delete;
      case Verb::options:
        return Method::Options;
      default:
        return Method::Other;
    }
  }

  Request& into_;
  int version_ = 11;
};

}  // namespace bowline::edge

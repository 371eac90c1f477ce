#pragma once
#include <string>

#include <boost/json/value.hpp>
#include <parley/document.hpp>

namespace parley::cli {

/// Puts the passwords of trunks into a document that only says where they are: `password: {file: carrier.txt}`, beside
/// the document, or `password: {env: CARRIER_PASSWORD}`. So that what is kept in a repository holds none.
/// Errors: throws Failure with file, line, column and remedy for all that cannot be had.
void resolve_secrets(json::value& document, const std::string& file, const Places& places);

}  // namespace parley::cli

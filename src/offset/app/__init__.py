"""The SDK: everything an app needs to steer a node."""

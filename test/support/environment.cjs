// No test may reach a real account or an instance metadata service, whatever the machine's own environment says.
process.env.AWS_EC2_METADATA_DISABLED = "true";
process.env.AWS_ENDPOINT_URL ??= "http://127.0.0.1:9";
process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";
process.env.AWS_REGION = "us-east-1";
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
process.env.CHECKPOINT_DISABLE = "1";
delete process.env.AWS_PROFILE;

# State of `test`. `scripts/bootstrap_backend.sh test` creates the bucket.
bucket = "ha-nat-test-terraform-state"
key    = "ha-nat/test/terraform.tfstate"
region = "us-east-1"

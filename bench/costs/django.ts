/** Packages of the Django application in bench/apps. */
export const REQUIREMENTS = [
  "gunicorn==27.0.1",
  "django==5.2.8",
  "djangorestframework==3.16.1",
  "pandas==3.1.1",
  "pyarrow==26.0.1",
  "boto3==1.44.8",
  "sentry-sdk==2.75.0",
];
